// Starts the application. A file of its own because the page's policy forbids
// inline scripts; trunk says by its preload links where the two parts are.
const glue = document.querySelector('link[rel="modulepreload"]');
const wasm = document.querySelector('link[rel="preload"][type="application/wasm"]');

try {
  const { default: init } = await import(glue.href);
  await init({ module_or_path: wasm.href });
} catch (error) {
  const note = document.createElement('p');
  note.className = 'noscript';
  note.setAttribute('role', 'alert');
  note.textContent = `The page could not be started (${error}). Load it anew; it needs a browser with WebAssembly.`;
  document.body.append(note);
  throw error;
}

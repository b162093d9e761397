// Reads a page as assistive tools do: by the roles and names that the browser itself computes.
// Put before every script that a test runs; nothing of it stays in the page.
const reader = (() => {
  const isSeen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest('[aria-hidden=true]');
  const all = (role) =>
    [...document.body.querySelectorAll('*')].filter(
      (element) => isSeen(element) && element.computedRole === role,
    );
  const names = (role) => all(role).map((element) => element.computedName);
  const one = (role, name) => {
    const found = all(role).filter((element) => element.computedName === name);
    return found.length === 1 ? found[0] : null;
  };
  // What a hand clicks on: of a radio button that is drawn by its label, the label.
  const target = (role, name) => {
    const element = one(role, name);
    return role === 'radio' ? element?.labels[0] : element;
  };
  const text = () => document.body.innerText.replace(/\s*\n\s*/g, '\n').trim();
  // A drop-down opens a window of the system's, where no script can look: what it does is done here.
  const choose = (label, option) => {
    const field = one('combobox', label);
    const chosen = field && [...field.options].find(({ text }) => text === option);
    if (!chosen) return false;
    field.value = chosen.value;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  };
  return { all, names, one, target, text, choose };
})();

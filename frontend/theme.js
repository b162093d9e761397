// Before the first paint, so that a dark page does not flash white.
// The page itself changes it later: src/hooks/theme.rs.
try {
  const theme = localStorage.getItem('lavafed.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows what the system prefers.
}

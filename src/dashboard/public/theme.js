// Runs before the first paint, so that a chosen theme never flashes the other one. A panel in another site's page has
// the theme that its address says.
try {
  const chosen = location.pathname.startsWith('/embed/')
    ? new URLSearchParams(location.search).get('theme')
    : localStorage.getItem('theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  /* storage may be forbidden: the system's theme stays */
}

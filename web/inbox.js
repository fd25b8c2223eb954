// Keeps the inbox up to date. The only script of Sidegate's pages; without it there is the reload link.
'use strict';
(() => {
  const live = document.getElementById('live');
  const patience = 5000; // ms until a stream that was refused is asked for again
  let asking = false;
  let again = false;
  let leaving = false;

  // Not while a form is on its way: logging out ends the stream, and its answer must come.
  document.addEventListener('submit', () => { leaving = true; });
  const reload = () => { if (!leaving) location.reload(); };

  // Puts the list that the server has now in the place of the one that is shown, and the focus back where it was.
  function show(fresh) {
    const old = document.getElementById('list');
    const link = old.contains(document.activeElement) ? document.activeElement.closest('a[href]') : null;
    old.replaceWith(fresh);
    if (link) fresh.querySelector(`a[href="${CSS.escape(link.getAttribute('href'))}"].${link.className || 'title'}`)?.focus();
  }

  async function refresh() {
    again = asking;
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch('/inbox', { redirect: 'manual', cache: 'no-store' });
      if (answer.type === 'opaqueredirect') reload(); // logged out: the server shows the log-in page
      else if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('list'));
    } catch {
      live.textContent = live.dataset.lost; // the server is away; the stream says when it is back
    } finally {
      asking = false;
      if (again) refresh();
    }
  }

  function connect() {
    const source = new EventSource('/inbox/events');
    source.addEventListener('open', () => {
      live.textContent = live.dataset.live;
      refresh(); // what happened before the stream was there
    });
    source.addEventListener('changed', refresh);
    source.addEventListener('ended', () => {
      source.close();
      reload();
    });
    source.addEventListener('error', () => {
      live.textContent = live.dataset.lost;
      if (source.readyState === EventSource.CLOSED) setTimeout(() => refresh().then(connect), patience);
    });
  }

  connect();
})();

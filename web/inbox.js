// Keeps the inbox up to date. The only script of Sidegate's pages; without it there is the reload link.
'use strict';
(() => {
  const live = document.getElementById('live');
  const reload = live.innerHTML;
  let asking = false;
  let again = false;

  async function refresh() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch('/inbox', { redirect: 'manual', cache: 'no-store' });
      if (!answer.ok) {
        location.reload();
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('list');
      const old = document.getElementById('list');
      const at = document.activeElement && document.activeElement.closest('a[href]');
      const href = at && old.contains(at) ? at.getAttribute('href') : null;
      old.replaceWith(fresh);
      if (href) fresh.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
    } finally {
      asking = false;
      if (again) {
        again = false;
        refresh();
      }
    }
  }

  let opened = false;
  const source = new EventSource('/inbox/events');
  source.addEventListener('open', () => {
    live.textContent = live.dataset.live;
    if (opened) refresh(); // what happened while the stream was away
    opened = true;
  });
  source.addEventListener('changed', refresh);
  source.addEventListener('ended', () => {
    source.close();
    location.reload(); // logged out: the server shows the log-in page
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) live.innerHTML = reload;
    else live.textContent = live.dataset.lost;
  });
})();

// Looks at every page of the surface, with sample data, as Chromium shows it: at phone and desktop size, light and dark. Ends
// non-zero when axe-core has a finding, when something is wider than the screen, or when the page's own policy refused something.
//
//     tests/pages/run pages [--pictures FOLDER] [--all] [--only WORD]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { Person, stopBrowser } from '../lib/person.mjs';
import { root } from '../lib/sidegate.mjs';

const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const pictures = option('--pictures');
const only = option('--only') ?? '';
const build = resolve(root, process.env.SIDEGATE_BUILD ?? 'build');

// The pictures that stand in docs/pages.md.
const shown = new Set(['login-phone-light', 'handoff-phone-light', 'handoff-phone-dark', 'handoff-desktop-light', 'handoff-refused-phone-light',
    'handoff-hostile-phone-dark', 'message-FINISHED_TESTED-phone-light', 'message-FINISHED_STORED-phone-dark', 'message-NOT_YOURS-phone-light',
    'handoff-once-phone-light', 'message-EXPIRED-phone-dark', 'inbox-desktop-light', 'connections-desktop-dark']);

const folder = mkdtempSync(join(tmpdir(), 'pages-'));
const made = spawnSync(join(build, 'tests/unit/surface/surface-preview'), [folder], { stdio: 'inherit' });
if (made.status !== 0) throw new Error('surface-preview failed; build it first');

const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'";
const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    if (path === '/inbox/events') return; // an open stream that says nothing
    try {
        const body = readFileSync(join(folder, path));
        response.writeHead(200, { 'content-type': types[extname(path)], 'content-security-policy': policy });
        response.end(body);
    } catch {
        response.writeHead(404).end();
    }
});
await new Promise((done) => server.listen(0, 'localhost', done));
const site = `http://localhost:${server.address().port}`;

// Each page in each of the four ways is one test.
let bad = 0;
let passed = 0;
function complain(where, what) {
    console.log(`not ok - ${where}: ${what}`);
    bad++;
}

if (pictures) mkdirSync(pictures, { recursive: true });
const pages = readdirSync(folder).filter((f) => f.endsWith('.html') && f.includes(only)).map((f) => f.slice(0, -5));
for (const phone of [true, false]) {
    for (const dark of [false, true]) {
        const kind = `${phone ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}`;
        const person = await Person.sit({ site, phone, dark, ...(pictures && { deviceScaleFactor: 1 }) }); // small pictures
        for (const name of pages) {
            const before = bad;
            await person.page.goto(`${site}/${name}.html`);
            const wide = await person.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            if (wide > 0) complain(`${name} ${kind}`, `${wide} pixels wider than the screen`);
            if (pictures && (shown.has(`${name}-${kind}`) || process.argv.includes('--all'))) await person.screenshot(join(pictures, `${name}-${kind}.png`));
            for (const finding of await person.axe()) complain(`${name} ${kind}`, finding);
            if (bad === before) passed++;
        }
        for (const problem of person.problems) complain(kind, problem);
        await person.leave();
    }
}
console.log(`${passed} passed, ${bad} failed`);
await stopBrowser();
server.closeAllConnections();
server.close();
rmSync(folder, { recursive: true });
process.exit(bad || pages.length === 0 ? 1 : 0);

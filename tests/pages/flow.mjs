// A person in Chromium, the real surface, and a scripted keeper: what the browser itself must get right with our pages. Cookies on
// plain http://localhost, where forms come from, the live inbox, keyboard alone, no script.
//
//     tests/pages/run flow
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import { canLook, search } from '../lib/memory.mjs';
import { Person, decline, says, send, stopBrowser } from '../lib/person.mjs';
import { root } from '../lib/sidegate.mjs';

const build = resolve(root, process.env.SIDEGATE_BUILD ?? 'build');
const stand = spawn(join(build, 'tests/unit/surface/surface-stand'), [join(build, 'src/surface/surface')], { stdio: ['pipe', 'pipe', process.env.VERBOSE ? 'inherit' : 'ignore'] });
const lines = createInterface({ input: stand.stdout });
const [port, pid] = await new Promise((done, fail) => {
    lines.once('line', (line) => done(line.split(' ').map(Number)));
    lines.once('close', () => fail(new Error('the surface did not start; try again with VERBOSE=1')));
});
const site = `http://localhost:${port}`;
const link = `${site}/h/00112233445566778899aabbccddeeff`;
const order = (word) => stand.stdin.write(`${word}\n`);
const key = 'hs_0123456789';

let bad = 0;
let passed = 0;
function check(value, what) {
    if (value) return;
    console.log(`not so: ${what}`);
    bad++;
}
const sit = (more = {}) => Person.sit({ site, name: 'ana', password: 'correct horse', ...more });

const flows = {
    async 'log-in, wrong and right; cookies are kept on plain localhost'() {
        const person = await sit();
        await person.page.goto(link);
        check(await person.asksLogIn(), 'a link without a session asks to log in');
        await person.logIn(person.page, 'wrong');
        check(/not right/.test(await person.text()), 'a wrong password is refused');
        check(await person.page.getByLabel('Password').evaluate((e) => e === document.activeElement), 'the password has the focus');
        await person.logIn();
        check(person.page.url() === link, 'and back to the link');
        const cookies = await person.context.cookies();
        const session = cookies.find((c) => c.name === '__Host-sidegate');
        check(session?.secure && session.httpOnly && session.sameSite === 'Lax' && session.path === '/', 'the session is a __Host- cookie');
        check(!cookies.some((c) => c.name === '__Host-sidegate-login'), 'the log-in cookie is gone');
        check(await person.page.evaluate(() => document.cookie) === '', 'no script sees a cookie');
        return person;
    },
    async 'giving: refused by the server, wrong password, done, back, reload'() {
        const person = await sit();
        order('new');
        order('refuse');
        await person.open(link);
        await person.fill({ 'User name': 'u', 'API key': key }, { password: 'correct horse' });
        await person.press(send);
        check(says.refused.test(await person.text()), 'the server refused it');
        check(!(await person.page.content()).includes(key), 'the page does not show it');
        order('accept');
        await person.fill({ 'User name': 'u', 'API key': key }, { password: 'nonsense' });
        await person.press(send);
        check(says.wrongPassword.test(await person.text()), 'a wrong password is said');
        await person.fill({ 'User name': 'u', 'API key': ` ${key}` });
        await person.press(send);
        check(/space/.test(await person.text()), 'a space is said');
        check(await person.page.getByLabel('API key').evaluate((e) => e === document.activeElement), 'and has the focus');
        await person.fill({ 'User name': 'u', 'API key': key });
        await person.press(send);
        check(says.done.test(await person.text()), 'done');
        check(person.page.url() === link, 'at the same address');
        await person.page.goBack();
        const values = await person.page.locator('input:not([type=hidden]):not([hidden])').evaluateAll((all) => all.map((i) => i.value));
        check(values.every((v) => v === ''), `back shows nothing typed: ${values}`);
        await person.page.goto(link);
        await person.page.reload();
        check(says.done.test(await person.text()), 'a reload sends nothing again');
        return person;
    },
    async 'nothing typed is left in memory'() {
        const person = await sit();
        const secret = `hs_${'q7Zx'.repeat(9)}`;
        order('new');
        await person.open(link);
        await person.fill({ 'User name': 'u', 'API key': secret });
        await person.press(send);
        check(says.done.test(await person.text()), 'given');
        if (!canLook()) {
            console.log('# memory can only be looked at as root');
            return person;
        }
        check((await search(pid, { title: 'Harbour Station' })).length > 0, 'what is no secret is found, so the search works');
        const found = await search(pid, { secret, password: 'correct horse', posted: 'correct+horse' });
        check(found.length === 0, `nothing is found: ${JSON.stringify(found)}`);
        return person;
    },
    async 'by keyboard alone'() {
        const person = await sit();
        order('new');
        await person.open(link);
        const { keyboard } = person.page;
        await keyboard.press('Tab');
        check(/skip/i.test(await person.page.locator(':focus').innerText()), 'first comes a link past the head');
        await keyboard.press('Enter');
        await keyboard.press('Tab');
        await keyboard.type('u');
        await keyboard.press('Tab');
        await keyboard.type(key);
        await keyboard.press('Tab');
        await keyboard.type('correct horse');
        const [response] = await Promise.all([person.page.waitForNavigation(), keyboard.press('Enter')]);
        check(response.status() === 200 && says.done.test(await person.text()), 'Enter gives; it does not decline');
        return person;
    },
    async 'without a script: everything, with a reload link'() {
        const person = await sit({ script: false });
        order('new');
        await person.open(`${site}/inbox`);
        await person.page.getByRole('link', { name: /reload/i }).click();
        await person.page.getByRole('link', { name: /harbour/i }).first().click();
        await person.press(decline);
        check(says.declined.test(await person.text()), 'declined');
        await person.page.getByRole('link', { name: /inbox/i }).first().click();
        check(/nothing waits/i.test(await person.text()), 'and gone from the inbox');
        return person;
    },
    async 'the open inbox follows, keeps the focus, and notices the end of the session'() {
        const person = await sit();
        await person.open(`${site}/inbox`);
        await person.page.getByText('keeps itself up to date').waitFor();
        check(await person.page.locator('a[href*="/h/"]').count() === 0, 'empty');
        order('new');
        const open = person.page.getByRole('link', { name: /^open/i });
        await open.waitFor();
        await open.focus();
        order('new');
        await person.page.waitForResponse((r) => r.url().endsWith('/inbox'));
        await person.page.waitForFunction(() => document.activeElement?.matches('a[href*="/h/"]'));
        for (const finding of await person.axe()) check(false, finding);
        order('end');
        await person.page.waitForURL(`${site}/login`);
        check(await person.asksLogIn(), 'the log-in page');
        return person;
    },
    async 'forms from elsewhere change nothing'() {
        const person = await sit();
        order('new');
        await person.open(link);
        const csrf = await person.page.locator('input[name=csrf]').first().inputValue();
        const evil = await person.newTab();
        await evil.route('http://evil.localhost:8/**', (r) => r.fulfill({ contentType: 'text/html', body: `<form method="post" action="${link}/decline"><input name="csrf" value="${csrf}"><button>Go</button></form>` }));
        await evil.goto('http://evil.localhost:8/');
        const [response] = await Promise.all([evil.waitForNavigation(), evil.getByRole('button').click()]);
        check(response.status() === 403, `refused: ${response.status()}`);
        await person.page.reload();
        check(await person.page.getByLabel('API key').count() === 1, 'and still open');
        await evil.close();
        return person;
    },
    async 'log-out ends it'() {
        const person = await sit();
        await person.open(`${site}/connections`);
        await person.press(/log out/i);
        check(await person.asksLogIn(), 'the log-in page');
        check((await person.context.cookies()).every((c) => c.name !== '__Host-sidegate'), 'no session');
        return person;
    },
    async 'without the keeper: a page that says so, and all is well when it is back'() {
        const person = await sit();
        await person.open(`${site}/inbox`);
        order('die');
        await person.page.getByText('Live updates stopped').waitFor();
        const response = await person.page.reload();
        check(response.status() === 503 && /not ready/.test(await person.text()), 'said');
        order('back');
        await person.page.waitForTimeout(200).then(() => person.page.getByRole('link', { name: /reload/i }).click());
        await person.page.getByText('keeps itself up to date').waitFor();
        order('die');
        await person.page.getByText('Live updates stopped').waitFor();
        order('back');
        await person.page.getByText('keeps itself up to date').waitFor();
        return person;
    },
};

for (const [name, flow] of Object.entries(flows)) {
    const before = bad;
    try {
        const person = await flow();
        for (const problem of person.problems) check(false, problem);
        await person.leave();
    } catch (error) {
        check(false, error.stack);
    }
    if (bad === before) passed++;
    console.log(`${bad === before ? 'ok' : 'not ok'} - ${name}`);
}
console.log(`${passed} passed, ${Object.keys(flows).length - passed} failed`);
await stopBrowser();
stand.stdin.end();
process.exit(bad ? 1 : 0);

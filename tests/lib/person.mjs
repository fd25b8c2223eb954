// The person: Debian's Chromium, driven by what a person sees (labels, buttons, headings), never by ids or classes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { PATIENCE } from './patience.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

let browser;

export async function startBrowser() {
    browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', headless: true, args: flags });
    return browser;
}

export async function stopBrowser() {
    await browser?.close();
    browser = undefined;
}

export class Person {
    requests = []; // every URL the browser asked for
    problems = []; // script errors, refused resources

    // options: { name, password, site, phone, dark, script } and Playwright's context options
    static async sit({ name = 'ana', password, site, phone = false, dark = false, script = true, ...more }) {
        const person = new Person();
        Object.assign(person, { name, password, site });
        await startBrowser();
        person.context = await browser.newContext({
            viewport: phone ? { width: 360, height: 740 } : { width: 1100, height: 800 },
            deviceScaleFactor: phone ? 2 : 1,
            hasTouch: phone,
            isMobile: phone,
            colorScheme: dark ? 'dark' : 'light',
            javaScriptEnabled: script,
            ...more,
        });
        person.context.setDefaultTimeout(PATIENCE);
        person.page = await person.newTab();
        return person;
    }

    async newTab() {
        const page = await this.context.newPage();
        page.on('request', (r) => this.requests.push(r.url()));
        page.on('pageerror', (e) => this.problems.push(`script: ${e.message}`));
        page.on('console', (m) => { if (m.type() === 'error' && !/status of [45]\d\d/.test(m.text())) this.problems.push(`console: ${m.text()}`); });
        return page;
    }

    // While nobody listens, even an icon that the browser fetches late is a complaint.
    forgiveDown() {
        this.problems = this.problems.filter((p) => !/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE/.test(p));
    }

    async leave() {
        await this.context.close();
    }

    text(page = this.page) {
        return page.locator('body').innerText();
    }

    // Opens an address, logs in if asked to, and is then where the address led.
    async open(url, page = this.page) {
        const response = await page.goto(url);
        if (await this.asksLogIn(page)) return this.logIn(page);
        return response;
    }

    async asksLogIn(page = this.page) {
        return new URL(page.url()).pathname === '/login';
    }

    async logIn(page = this.page, password = this.password) {
        await page.getByLabel('Name', { exact: true }).fill(this.name);
        await page.getByLabel('Password', { exact: true }).fill(password);
        return this.#sent('Log in', page);
    }

    // Presses the button and gives the response to what it sent. A page that says "not now" is an error here, where it happens.
    async #sent(name, page) {
        const [response] = await Promise.all([page.waitForNavigation(), page.getByRole('button', { name }).click()]);
        if (response && response.status() >= 500) {
            throw new Error(`"${name}" was answered ${response.status()}: ${(await this.text(page)).trim().replace(/\s*\n\s*/g, ' / ')}`);
        }
        return response;
    }

    // Fills the handoff page: fields by label, and the proof. Does not send it.
    async fill(fields, { page = this.page, password = this.password } = {}) {
        for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: false }).first().fill(value);
        if (password !== undefined) await page.getByLabel('Confirm with your Sidegate password').fill(password);
    }

    async press(name, page = this.page) {
        await this.#sent(name, page);
        // What was given is being tried at the server: the page looks again by itself.
        while (/^One moment$/m.test(await this.text(page))) {
            await page.getByRole('heading', { name: 'One moment' }).waitFor({ state: 'detached' });
            await page.waitForLoadState();
        }
    }

    // Opens the link, gives the values and sends them. Gives the page's text afterwards.
    async give(link, fields, options = {}) {
        const page = options.page ?? this.page;
        await this.open(link, page);
        await this.fill(fields, options);
        await this.press(send, page);
        return this.text(page);
    }

    async screenshot(path, page = this.page) {
        await page.screenshot({ path, fullPage: true });
    }

    // axe-core's findings on the page as it is. Evaluated, not added as a script: the pages' policy forbids that.
    async axe(page = this.page) {
        await page.evaluate(axeSource);
        const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
        return violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(' ')).join(', ')})`);
    }
}

// The buttons of a handoff.
export const send = 'Give';
export const decline = 'Decline';

// What the pages say at each end, in the few words that the scenes rely on.
export const says = {
    done: /^Done$/m,
    declined: /^You declined$/m,
    expired: /^This has expired$/m,
    notYours: /^There is nothing for you here$/m,
    refused: /The server did not accept/,
    wrongPassword: /Your Sidegate password is not right/,
    already: /^(Done|This has ended)$/m,
    untested: /stored, not tested/,
};

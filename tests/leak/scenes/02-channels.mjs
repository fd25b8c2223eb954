import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from '../../lib/agent.mjs';
import { find } from '../../lib/oracle.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start as startReflecting } from '../../upstreams/reflecting.mjs';

export const name = 'canaries of every class are in no stream of the agent, no log, no audit record, no file, no environment and no address';
export const time = 120_000;

const files = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? files(join(dir, n)) : [join(dir, n)])).filter((f) => statSync(f).isFile());

export default async function (t) {
    // Two shapes: as real keys look, and with bytes that need escapes everywhere.
    const key = t.secret('API key');
    const nasty = t.secret('awkward key', `q"\\%41+/&=<'>${Math.random().toString(36).slice(2)}é`);
    const user = t.secret('account name', `account-${Math.random().toString(36).slice(2)}`);
    const typo = t.secret('key typed with a wrong password');
    const station = await t.station({ key });
    const mirror = await startReflecting({ key });
    const basic = await t.station({ check: () => true });
    t.later(() => mirror.stop());
    const sidegate = await t.sidegate({
        log: { level: 'debug' },
        limits: { hold_time: 20_000 },
        upstreams: {
            weather: upstreamConfig(station.url, { credential: { verify: { method: 'tools/list' } } }),
            mirror: upstreamConfig(mirror.url, { title: 'Mirror' }),
            basic: upstreamConfig(basic.url, {
                title: 'Basic',
                credential: { fields: [{ name: 'user', label: 'Account' }, { name: 'pass', label: 'Account secret' }], place: [{ in: 'basic', user: 'user', password: 'pass' }] },
            }),
        },
    });
    await t.user(sidegate, 'bob');
    const person = await t.person(sidegate);
    const links = [];
    const onLink = (link) => { links.push(link.url); return 'accept'; };
    const give = async (upstream, values, wrong, call) => {
        const agent = await t.agent(sidegate, { upstream, onLink, label: `agent of ${upstream}` });
        const called = call(agent);
        const { url } = await agent.link();
        if (wrong) {
            await person.give(url, wrong, { password: 'not the password' });
            await person.fill(values);
            await person.press('Give');
        } else {
            await person.give(url, values);
        }
        await called.catch(() => {});
        return agent;
    };
    const first = await give('weather', { 'API key': key }, { 'API key': typo }, (a) => a.call('weather', { station: 'harbour' }));
    t.match(textOf(await first.call('weather', { station: 'hill' })), /Signal hill/, 'the calls work');
    await give('mirror', { 'API key': key }, undefined, (a) => a.call('reflect', { how: 'data of an error' }));
    await give('basic', { 'Account secret': nasty, Account: user }, undefined, (a) => a.call('weather', { station: 'harbour' }));

    const cookies = (await person.context.cookies()).map((c) => c.value);
    cookies.forEach((value, i) => { t.secrets[`session cookie ${i}`] = value; });
    t.noLeak();
    for (const { pid, args } of sidegate.processes()) {
        t.equal(find(args, t.secrets), [], `arguments of ${args}`);
        t.equal(find(readFileSync(`/proc/${pid}/environ`), t.secrets), [], `environment of ${args}`);
    }
    t.equal(find(person.requests.join('\n'), t.secrets), [], 'addresses that the browser asked for');
    t.equal(find(links.join('\n'), t.secrets), [], 'links');
    for (const verb of [['connections'], ['key', 'list'], ['user', 'list'], ['upstream', 'list'], ['audit', 'verify']]) {
        const said = await sidegate.cli(...verb);
        t.equal(find(said.stdout + said.stderr, t.secrets), [], `what sidegate ${verb.join(' ')} says`);
    }
    for (const running of [true, false]) {
        if (!running) await sidegate.stop();
        for (const file of files(sidegate.dir).filter((f) => !/\/key-/.test(f))) {
            t.equal(find(readFileSync(file), t.secrets), [], `${file.slice(sidegate.dir.length)} while ${running ? 'running' : 'stopped'}`);
        }
    }
    t.ok(basic.requests.some((r) => r.headers.some(([, v]) => v === `Basic ${Buffer.from(`${user}:${nasty}`).toString('base64')}`)), 'yet the server got them');
}

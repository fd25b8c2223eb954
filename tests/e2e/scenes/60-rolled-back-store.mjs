import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'an older copy of the store is refused at every start, whatever was missed meanwhile; audit verify names it, and what ends something works';

const isStore = (file) => /^sidegate\.db/.test(file);

// The files of the store: taken away, or put in their place.
function copyStore(from, to, { instead = false } = {}) {
    mkdirSync(to, { recursive: true });
    if (instead) for (const file of readdirSync(to).filter(isStore)) rmSync(join(to, file));
    for (const file of readdirSync(from).filter(isStore)) cpSync(join(from, file), join(to, file));
}

// Until the log has such a record: what neither it nor the older store knows cannot be missed.
async function recorded(sidegate, pattern) {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
        await sidegate.cli('audit', 'verify');
        if (pattern.test(readFileSync(join(sidegate.dir, 'data/audit/log'), 'utf8'))) return;
    }
    throw new Error(`the audit log never had ${pattern}`);
}

// What the newer store knows and the older does not: nothing but one more start; a few records; more than the older one will
// write while it is tried.
const missed = {
    'one start': async () => {},
    'a removed key and a revocation': async ({ sidegate }) => {
        const { stdout } = await sidegate.cli('key', 'list');
        const removed = await sidegate.cli('key', 'remove', stdout.trim().split('\n').at(-1).split(/\s/)[0]);
        if (removed.status !== 0) throw new Error(removed.stderr);
        await sidegate.cli('revoke', '--all');
    },
    'many records': async ({ sidegate, t }) => {
        for (let i = 0; i < 12; i++) await sidegate.addKey('ana', `agent ${i}`);
        t.equal((await sidegate.cli('revoke', '--all')).status, 0, 'revoke');
    },
};

export default async function (t) {
    for (const [what, happens] of Object.entries(missed)) {
        const { key, station, sidegate, agent, person } = await t.cast({ credential: { lease: { kind: 'keep' } } });
        const store = join(sidegate.dir, 'data/store');
        const old = join(sidegate.dir, 'old');
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link()).url, { 'API key': key });
        await call;
        await agent.close();
        await sidegate.stop();
        copyStore(store, old);
        await sidegate.serve();
        await happens({ sidegate, t });
        await recorded(sidegate, /"event":"keeper_started".*"number":3,/);
        await sidegate.stop();
        copyStore(old, store, { instead: true });
        const used = station.requests.filter((r) => r.authorised).length;
        for (let n = 1; n <= 5; n++) {
            const from = sidegate.log.length;
            const start = `${what} missed, start ${n}`;
            await sidegate.serve();
            await sidegate.logged(/event=rolled_back /, undefined, from);
            const again = await t.agent(sidegate, { key: agent.key, connect: false });
            const told = await again.connect().then(() => again.call('weather', { station: 'harbour' })).catch((error) => error);
            t.ok(told instanceof Error || told.isError, `${start}: a call is refused`);
            await again.close();
            const verify = await sidegate.cli('audit', 'verify');
            t.equal(verify.status, 1, `${start}: audit verify fails: ${verify.stdout}`);
            t.match(verify.stderr, /rolled back.*sidegate audit recheck/s, `${start}: audit verify says what it is and what to do`);
            const add = await sidegate.cli('key', 'add', '--user', 'ana', '--label', 'new', '--out', join(sidegate.dir, `key-new-${n}`));
            t.equal(add.status, 1, `${start}: no key is added`);
            t.match(add.stderr, /rolled back/, `${start}: and it is said why`);
            if (n === 4) t.equal((await sidegate.cli('audit', 'recheck')).status, 0, `${start}: the refusal is taken back`);
            if (n === 5) t.equal((await sidegate.cli('revoke', '--all')).status, 0, `${start}: revoke works`);
            t.equal(await sidegate.stop(), 0, `${start}: stop works`);
        }
        t.equal(station.requests.filter((r) => r.authorised).length, used, `${what} missed: the key was not sent again`);
    }
}

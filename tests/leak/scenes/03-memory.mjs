import { textOf } from '../../lib/agent.mjs';
import { canLook, search } from '../../lib/memory.mjs';
import { PATIENCE } from '../../lib/patience.mjs';
import { canBecome, upstreamConfig } from '../../lib/sidegate.mjs';
import { start as startReflecting } from '../../upstreams/reflecting.mjs';

export const name = 'the gateway\'s memory never holds a byte of a key; the others\' do not once their part is done';

const never = ['gateway', 'dialer', 'audit', 'supervisor'];
const whenDone = ['surface', 'egress', 'keeper'];

export default async function (t) {
    if (!canLook()) {
        console.log('# memory can only be looked at as root; run tests/leak as root to test it');
        return;
    }
    const key = t.secret();
    const mirror = await startReflecting({ key });
    t.later(() => mirror.stop());
    const sidegate = await t.sidegate({
        log: { level: 'debug' },
        account: canBecome('nobody') ? 'nobody' : undefined, // as it should run, where that is possible
        upstreams: { mirror: upstreamConfig(mirror.url, { title: 'Mirror', credential: { lease: { kind: 'keep' }, verify: { method: 'tools/list' } } }) },
    });
    const password = sidegate.users.get('ana');
    const look = async (roles, secrets, when) => {
        const found = sidegate.processes().filter(({ args }) => roles.some((role) => new RegExp(`\\b${role}\\b`).test(args.replace(sidegate.dir, ''))));
        t.ok(found.length >= roles.length - 1, `${when}: the processes are there: ${found.map((p) => p.args)}`);
        for (const { pid, args } of found) t.equal(await search(pid, secrets), [], `${when}: memory of ${args}`);
    };
    // The client has its answer before the last byte of the exchange has come, which egress reads to its end.
    const gone = async (role, secrets, when) => {
        const { pid } = sidegate.processes().find(({ args }) => new RegExp(`\\b${role}\\b`).test(args.replace(sidegate.dir, '')));
        const end = Date.now() + PATIENCE;
        while ((await search(pid, secrets)).length > 0 && Date.now() < end) await new Promise((done) => { setTimeout(done, 10); });
        await look([role], secrets, when);
    };
    const agent = await t.agent(sidegate, { upstream: 'mirror' });
    const person = await t.person(sidegate);
    const first = agent.call('reflect', { how: 'text of a result' });
    const { url } = await agent.link();
    await person.open(url);
    await look(never, { key, password }, 'while the person types');
    await person.give(url, { 'API key': key });
    t.match(textOf(await first), /redacted/, 'the call goes through');
    await look(never, { key, password }, 'after the first call');
    await look(whenDone, { key, password }, 'after the first call');
    for (const how of ['data of an error', 'an error with a status', 'a plain text body', 'an event cut byte by byte', 'the start of a body, then a reset']) {
        await agent.call('reflect', { how }).catch(() => {});
        await look(never, { key, password }, `after "${how}"`);
        await gone('egress', { key, password }, `after "${how}"`);
    }
    t.equal((await sidegate.cli('revoke', '--user', 'ana')).status, 0, 'revoked');
    await look([...never, ...whenDone], { key, password }, 'after the revocation');
    const seen = await search(process.pid, { key });
    t.ok(seen.length > 0, 'and the search finds the key where it is: here');
}

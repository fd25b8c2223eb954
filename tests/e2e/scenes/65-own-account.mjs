import { chmodSync, readFileSync, readdirSync, lstatSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { textOf } from '../../lib/agent.mjs';
import { accountOf, auditRecords, canBecome } from '../../lib/sidegate.mjs';

export const name = 'started by root, it runs as an account of its own, and nothing that it keeps is anybody else\'s to read or change';

const account = 'nobody';
const other = 65533; // an account that nobody has, for who comes along

export default async function (t) {
    if (!canBecome(account)) {
        console.log('# this needs root, and programs that other accounts may run');
        return;
    }
    const { key, sidegate, agent, person, station } = await t.cast({ sidegate: { account } });
    const first = agent.call('weather', { station: 'hill' });
    const { url } = await agent.link();
    await person.open(url);
    await person.give(url, { 'API key': key });
    t.match(textOf(await first), /hill/, 'the call goes through');
    t.equal(station.seen('tools/call').length, 1, 'and left once');

    const { uid, gid } = accountOf(account);
    const processes = sidegate.processes();
    t.ok(processes.length >= 7, 'all are there');
    for (const { pid, args } of processes) {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const ids = (what) => status.match(new RegExp(`^${what}:(.*)$`, 'm'))[1].trim();
        t.equal(ids('Uid'), Array(4).fill(uid).join('\t'), `${args}: its account`);
        t.equal(ids('Gid'), Array(4).fill(gid).join('\t'), `${args}: its group`);
        t.equal(ids('Groups'), '', `${args}: no group of root's`);
        t.equal(lstatSync(`/proc/${pid}/environ`).uid, 0, `${args}: it cannot be dumped or traced, so not even its own account looks in`);
        t.match(ids('CapEff') + ids('CapPrm'), /^0+$/, `${args}: nothing of root's power`);
    }

    const closed = (path) => {
        const { mode, uid: owner } = lstatSync(path);
        t.equal([owner, mode & 0o077], [uid, 0], `${path} is its own, and closed to others`);
        if ((mode & 0o170000) === 0o040000) for (const n of readdirSync(path)) closed(join(path, n));
    };
    for (const folder of ['data', 'keys']) closed(join(sidegate.dir, folder));
    const asOther = (program, ...args) => spawnSync(program, args, { uid: other, gid: other }).status;
    t.equal(asOther('ls', sidegate.dir.replace(/\/[^/]*$/, '')), 0, 'somebody else can look where it is open');
    for (const folder of ['data', 'keys/master']) t.ok(asOther('ls', join(sidegate.dir, folder)) !== 0, `${folder} is closed to them`);
    t.ok(asOther('cat', join(sidegate.dir, 'data/store/sidegate.db')) !== 0, 'the store too');
    t.ok(asOther(sidegate.program, 'user', 'list', '--config', sidegate.file) !== 0, 'and no command obeys them');
    for (const { pid, args } of processes) t.ok(asOther('cat', `/proc/${pid}/environ`) !== 0, `${args} is closed to them`);

    // A folder above that the account may not enter.
    await sidegate.stop();
    chmodSync(sidegate.dir, 0o700);
    const kept = await sidegate.cli('serve');
    t.ok(kept.status !== 0, 'no start');
    t.ok((kept.stdout + kept.stderr).includes(`cannot enter ${sidegate.dir}:`), `it says which folder: ${kept.stdout}${kept.stderr}`);
    chmodSync(sidegate.dir, 0o711);
    await sidegate.serve();

    await sidegate.restart();
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour/, 'what it keeps is there after a restart');
    t.equal((await sidegate.cli('audit', 'verify')).status, 0, 'the log is sound');
    t.ok(auditRecords(sidegate.dir).some((r) => r.event === 'handoff_completed'), 'and has it all');
    t.equal((await sidegate.cli('revoke', '--user', 'ana')).status, 0, 'and it revokes');
}

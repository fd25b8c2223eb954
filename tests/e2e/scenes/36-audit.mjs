import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { find } from '../../lib/oracle.mjs';
import { send } from '../../lib/person.mjs';
import { auditRecords } from '../../lib/sidegate.mjs';

export const name = 'the audit log verifies afterwards, names who did what, and holds no secret, nor does anything else on disk; a changed letter is found';

// What the log must say of one call that needed its person, in this order, beside nothing else: who (null: nobody), at the server or not.
const story = [
    ['keeper_started', null], ['user_added', 'ana'], ['keeper_started', null], ['key_added', 'ana'], ['user_added', 'bob'],
    ['handoff_created', 'ana', 'weather'], ['login', 'ana'], ['handoff_opened', 'ana', 'weather'], ['login', 'bob'], ['wrong_person', 'bob', 'weather'],
    ['proof_failed', 'ana', 'weather'], ['handoff_submitted', 'ana', 'weather'], ['lease_granted', 'ana', 'weather'], ['handoff_completed', 'ana', 'weather'],
    ['use_reserved', 'ana', 'weather'], ['use_result', 'ana', 'weather'], ['connection_revoked', 'ana', 'weather'],
];
const of = (records, event, detail) => records.find((r) => r.event === event && (detail === undefined || r.detail === detail));

function told(t, all, sent) {
    t.equal(all.map((r) => r.seq), all.map((_, i) => i + 1), 'numbered without a gap');
    // What a client asks at its start goes without a credential, and is summed.
    const records = all.filter((r) => !/^use_|^listed$/.test(r.event) || r.connection);
    const names = new Map(records.filter((r) => r.event === 'user_added').map((r) => [r.user, r.detail]));
    t.equal(records.map((r) => [r.event, names.get(r.user) ?? null, ...(r.upstream ? [r.upstream] : [])]), story, 'who did what, and where');
    const { client } = of(records, 'key_added', 'laptop');
    const { handoff, connection } = of(records, 'handoff_completed');
    const { use } = of(records, 'use_reserved');
    for (const r of records.filter((x) => x.upstream)) {
        t.equal(r.client, client, `${r.event}: with which agent key`);
        if (/^handoff_|wrong_person|proof_failed/.test(r.event)) t.equal(r.handoff, handoff, `${r.event}: in which handoff`);
        if (/^use_/.test(r.event)) t.equal([r.use, r.body], [use, createHash('sha256').update(sent.body).digest('hex')], `${r.event}: which use, and exactly which bytes`);
        if (/^use_|_granted|_revoked|_completed/.test(r.event)) t.equal(r.connection, connection, `${r.event}: of which connection`);
    }
    t.equal(of(records, 'proof_failed').outcome, 'WRONG_PASSWORD', 'the wrong password is on record');
    t.equal([of(records, 'use_result').detail, of(records, 'use_result').number], ['answered', 200], 'and what became of the call');
}

export default async function (t) {
    const { key, station, sidegate, agent, person } = await t.cast({ limits: { disk_warn: 2 ** 50 } });
    await t.user(sidegate, 'bob');
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    const bob = await t.person(sidegate, { name: 'bob' });
    await person.open(url);
    await bob.open(url);
    await person.fill({ 'API key': key }, { password: 'not the password' });
    await person.press(send);
    await person.give(url, { 'API key': key });
    await call;
    t.equal((await sidegate.cli('revoke', '--all')).status, 0, 'revoked');
    const running = await sidegate.cli('audit', 'verify');
    t.equal(running.status, 0, `verifies while it runs: ${running.stdout}${running.stderr}`);
    t.match(running.stdout, /^The log has \d+ MiB; \d+ MiB are free on its disk\.$/m, 'and says how much room there is');
    t.match(running.stderr, /less is free than disk_warn/, 'and that it is little');
    await sidegate.logged(/event=audit_disk is="filling up" free_mib=\d+ log_mib=\d+/);
    const health = await fetch(`${sidegate.surfaceUrl}/health`);
    t.equal([health.status, await health.text()], [200, 'ok, but the disk of the audit log is filling up: less is free than disk_warn\n'], 'and so does /health');
    await sidegate.stop();
    const after = await sidegate.cli('audit', 'verify');
    t.equal(after.status, 0, `verifies after the stop: ${after.stdout}${after.stderr}`);
    told(t, auditRecords(sidegate.dir), station.seen('tools/call', 'weather').find((r) => r.authorised));

    const files = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? files(join(dir, n)) : [join(dir, n)]));
    for (const file of files(sidegate.dir).filter((f) => !f.includes('/key-') && statSync(f).isFile())) {
        t.equal(find(readFileSync(file), { key }), [], `${file} holds no secret`);
    }

    const log = join(sidegate.dir, 'data', 'audit', 'log');
    const edited = readFileSync(log, 'utf8').replace('"detail":"laptop"', '"detail":"laptip"');
    writeFileSync(log, edited);
    const spoilt = await sidegate.cli('audit', 'verify');
    const { seq } = of(auditRecords(sidegate.dir), 'key_added');
    t.ok(spoilt.status !== 0, 'a letter changed: it does not verify');
    t.match(spoilt.stdout + spoilt.stderr, new RegExp(`\\b${seq}\\b`), 'and the record is named');
}

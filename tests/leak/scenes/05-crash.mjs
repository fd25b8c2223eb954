import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textOf } from '../../lib/agent.mjs';
import { find } from '../../lib/oracle.mjs';
import { command, run, upstreamConfig } from '../../lib/sidegate.mjs';
import { start as startReflecting } from '../../upstreams/reflecting.mjs';

export const crashes = true;
export const name = 'a process that crashes leaves no core file, and none has a file open that holds a key';

// What a process has open: [[where it leads, bytes]] for files, those without a name too.
function openFiles(pid) {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        const path = `/proc/${pid}/fd/${fd}`;
        try {
            return statSync(path).isFile() ? [[readlinkSync(path), readFileSync(path)]] : [];
        } catch {
            return []; // closed meanwhile
        }
    });
}

export default async function (t) {
    // Where it may leave a core of any size, in the folder that it is started in.
    const where = mkdtempSync(join(tmpdir(), 'sidegate-crash-'));
    t.later(() => rmSync(where, { recursive: true, force: true }));
    chmodSync(where, 0o777);
    const program = join(where, 'sidegate');
    writeFileSync(program, `#!/bin/sh\nulimit -c unlimited\ncd ${where}/cores\nexec ${command()} "$@"\n`, { mode: 0o755 });
    mkdirSync(join(where, 'cores'), { mode: 0o777 });
    const cores = () => readdirSync(join(where, 'cores'));
    await run('/bin/sh', ['-c', 'ulimit -c unlimited; kill -SEGV $$'], { cwd: join(where, 'cores') });
    if (cores().length === 0) console.log('# this machine leaves no core file of any process in its folder: only the limits are looked at');
    for (const core of cores()) rmSync(join(where, 'cores', core));

    const key = t.secret();
    const mirror = await startReflecting({ key });
    t.later(() => mirror.stop());
    const sidegate = await t.sidegate({
        program,
        upstreams: { mirror: upstreamConfig(mirror.url, { title: 'Mirror', credential: { lease: { kind: 'keep' } } }) },
    });
    const agent = await t.agent(sidegate, { upstream: 'mirror' });
    const person = await t.person(sidegate);
    const first = agent.call('reflect', { how: 'text of a result' });
    const { url } = await agent.link();
    await person.open(url);
    await person.give(url, { 'API key': key });
    t.match(textOf(await first), /redacted/, 'the call goes through');

    const processes = sidegate.processes();
    t.ok(processes.length >= 7, 'all are there');
    let files = 0;
    for (const { pid, args } of processes) {
        t.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m, `${args}: no core`);
        if (process.getuid() !== 0) continue;
        for (const [path, bytes] of openFiles(pid)) {
            files++;
            t.equal(find(bytes, t.secrets), [], `${args} has ${path} open`);
        }
    }
    if (process.getuid() === 0) t.ok(files > 0, 'some have files open');
    else console.log('# what others have open can only be looked at as root');
    // The supervisor last: its end is everybody's.
    const supervisor = processes.find(({ pid }) => pid === sidegate.child.pid);
    for (const { pid, args } of processes.filter((p) => p !== supervisor)) {
        const from = sidegate.log.length;
        process.kill(pid, 'SIGSEGV');
        await sidegate.logged(new RegExp(`event=process_ended .*number=${pid} how="signal" code=11`), undefined, from);
        t.equal(cores(), [], `${args} left no core`);
    }
    process.kill(supervisor.pid, 'SIGSEGV');
    t.equal(await sidegate.exit, 'SIGSEGV', 'the supervisor crashed');
    sidegate.child = undefined;
    t.equal(cores(), [], 'nor did the supervisor');
}

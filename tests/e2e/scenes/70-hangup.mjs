import { spawn } from 'node:child_process';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'SIGHUP ends what was started on a terminal, as its end does, and nothing else';

const supervisor = (all) => all.find(({ args }) => args.includes('sidegate-supervisor'))?.pid;

// Everything below a process that this scene started itself.
async function serve(t, sidegate, program, args) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const waiting = [];
    const hear = (d) => { said += d; for (const w of waiting.splice(0)) w(); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const exit = new Promise((done) => child.on('close', done));
    const late = setTimeout(() => child.kill('SIGKILL'), 2 * PATIENCE);
    t.later(async () => { clearTimeout(late); child.kill('SIGTERM'); await exit; });
    const logged = async (pattern) => { while (!pattern.test(said)) await Promise.race([new Promise((done) => waiting.push(done)), exit.then(() => { throw new Error(`it ended: ${said}`); })]); };
    await logged(/sidegate is ready/);
    sidegate.child = child; // for processes()
    return { exit, logged, pid: supervisor(sidegate.processes()) };
}

export default async function (t) {
    const sidegate = await t.sidegate({ serve: false });
    const healthy = async () => (await fetch(`${sidegate.surfaceUrl}/health`)).status;

    const alone = await serve(t, sidegate, 'setsid', ['-w', sidegate.program, 'serve', '--config', sidegate.file]);
    process.kill(alone.pid, 'SIGHUP');
    await alone.logged(/event=hangup_ignored/);
    const end = Date.now() + PATIENCE;
    while (await healthy() !== 200 && Date.now() < end); // ready is said before audit has told the keeper where its log stands
    t.equal(await healthy(), 200, 'without a terminal it goes on');
    process.kill(alone.pid, 'SIGTERM');
    await alone.exit;

    const shown = await serve(t, sidegate, 'setsid', ['-w', 'script', '-qec', `${sidegate.program} serve --config ${sidegate.file}`, '/dev/null']);
    process.kill(shown.pid, 'SIGHUP');
    await shown.exit;
    sidegate.child = undefined;
    t.ok(await healthy().catch(() => 'nobody') === 'nobody', 'with one it stops');
}

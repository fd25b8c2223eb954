import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, run } from '../../lib/sidegate.mjs';

export const name = 'init works with a folder as people type it; root obeys no configuration that others can change, and gives nothing of its own away';

const other = 65534;

export default async function (t) {
    const dir = mkdtempSync(join(tmpdir(), 'sidegate-init-'));
    chmodSync(dir, 0o711);
    try {
        const options = { cwd: dir, input: 'a long enough password\n' };
        const made = await run(command(), ['init', '--user', 'ana', '--password-stdin'], options);
        t.equal(made.status, 0, `init without --dir: ${made.stderr}`);
        if (process.getuid() === 0) await asRoot(t, join(dir, 'sidegate'));
    } finally {
        rmSync(dir, { recursive: true, force: true });
    }
}

async function asRoot(t, dir) {
    const file = join(dir, 'sidegate.yaml');
    const serve = () => run(command(), ['serve', '--config', file]);
    const refused = async (what) => {
        const said = await serve();
        t.ok(said.status !== 0, `${what}: no start`);
        t.match(said.stderr + said.stdout, /others than root can change/, `${what}: and it says why`);
    };

    chownSync(file, other, other);
    await refused('a configuration of another account');
    chownSync(file, 0, 0);
    chmodSync(file, 0o666);
    await refused('a configuration that everybody can write');
    chmodSync(file, 0o600);
    chownSync(dir, other, other);
    await refused('a configuration in a folder of another account');
    chownSync(dir, 0, 0);

    // What stands where a folder should be is not given to the account.
    const etc = join(dir, 'etc');
    mkdirSync(join(etc, 'store'), { recursive: true, mode: 0o755 });
    rmSync(join(dir, 'data'), { recursive: true });
    symlinkSync('etc', join(dir, 'data'));
    const said = await serve();
    t.ok(said.status !== 0, 'a link to a folder of root: no start');
    t.equal(statSync(etc).uid, 0, 'a link to a folder of root: it stays root\'s');
}

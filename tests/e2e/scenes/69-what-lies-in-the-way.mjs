import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'a FIFO where a file of Sidegate\'s should be hangs no start: it ends, and says what is in the way';

const files = [
    ['run/lock', /lock is not a plain file/],
    ['data/audit/log', /audit_log_unusable/],
    ['data/store/sidegate.db', /store_unusable/],
    ['keys/audit.key', /audit/],
    ['keys/master/master-1.key', /master/],
    ['sidegate.yaml', /not a plain file/],
];

export default async function (t) {
    const sidegate = await t.sidegate();
    await sidegate.stop();
    for (const [file, says] of files) {
        const path = join(sidegate.dir, file);
        renameSync(path, `${path}.kept`);
        execFileSync('mkfifo', ['-m', '600', path]);
        const said = await sidegate.cli('serve', { time: PATIENCE / 2 });
        t.equal([file, typeof said.status, said.status === 0], [file, 'number', false], `it ends by itself: ${said.stdout}${said.stderr}`);
        t.match(said.stdout + said.stderr, says, `${file}: it says why`);
        rmSync(path);
        renameSync(`${path}.kept`, path);
    }
    await sidegate.serve();
}

import { copyFileSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'a person is only said to be removed when the old master key is destroyed; what was left over goes at the next start';

export default async function (t) {
    const sidegate = await t.sidegate();
    const keys = join(sidegate.dir, 'keys/master');
    const file = (name) => join(keys, name);
    const masters = () => readdirSync(keys).filter((f) => f.startsWith('master-')).sort();
    await t.user(sidegate, 'bob');
    await t.user(sidegate, 'cid');
    copyFileSync(file('master-1.key'), join(sidegate.dir, 'copy-of-the-key'));
    // A link in its place is not followed: as a read-only or broken disk would, it keeps the file from being destroyed.
    renameSync(file('master-1.key'), file('elsewhere'));
    symlinkSync('elsewhere', file('master-1.key'));
    const removed = await sidegate.cli('user', 'remove', 'bob', '--yes');
    t.equal(removed.status, 1, 'the command fails');
    t.match(removed.stderr, /removed, but the old master key is not destroyed/, 'and says what is left');
    await sidegate.logged(/event=master_key_not_destroyed id=1 /);
    t.equal((await sidegate.cli('user', 'list')).stdout.includes('bob'), false, 'the person is gone all the same');
    await sidegate.stop('SIGKILL');
    rmSync(file('master-1.key'));
    renameSync(file('elsewhere'), file('master-1.key'));
    t.equal(readFileSync(file('master-1.key')), readFileSync(join(sidegate.dir, 'copy-of-the-key')), 'the old key is still there, byte for byte');
    const from = sidegate.log.length;
    await sidegate.serve();
    await sidegate.logged(/event=master_key_destroyed id=1/, undefined, from);
    t.equal(masters(), ['master-2.key'], 'only the new key is left');
    const again = await sidegate.cli('user', 'remove', 'cid', '--yes');
    t.equal(again.status, 0, `another removal: ${again.stderr}`);
    t.equal(masters(), ['master-3.key'], 'only the newest key is left');
    await sidegate.restart();
    t.equal(masters(), ['master-3.key'], 'and nothing changes that');
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'a clean stop closes the store: one file holds everything, and the next start finds it; a process that hangs is killed';

export default async function (t) {
    const { sidegate } = await t.cast({ agent: null, person: null });
    const store = (name) => existsSync(join(sidegate.dir, 'data/store', name));
    await sidegate.addKey('ana', 'before');
    t.ok(store('sidegate.db-wal'), 'while it runs there is a log of what is new');
    t.equal(await sidegate.stop(), 0, 'the stop');
    t.match(sidegate.log, /event=process_ended name="keeper" .*how="exit" code=0/, 'the keeper ended by itself');
    t.ok(store('sidegate.db') && !store('sidegate.db-wal'), 'afterwards it is in the file itself');
    await sidegate.serve();
    t.match((await sidegate.cli('key', 'list')).stdout, /before/, 'and found there');
    process.kill(sidegate.pidOf('keeper'), 'SIGSTOP');
    await sidegate.stop();
    t.match(sidegate.log, /event=process_ended name="keeper" .*how="signal" code=9/, 'one that hangs is killed');
    t.ok(!/harness: did not stop/.test(sidegate.log), 'and Sidegate stops');
}

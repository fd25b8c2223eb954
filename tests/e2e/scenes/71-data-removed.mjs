import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'the audit log, or all of data/, removed under a running Sidegate is noticed: the log and /health say so, nothing is begun, and what is made in its place is not taken up';

export default async function (t) {
    const { sidegate, agent } = await t.cast({ person: null });
    const ask = async () => { const answer = await fetch(`${sidegate.surfaceUrl}/health`); return `${answer.status} ${await answer.text()}`; };
    const becomes = async (pattern, what) => {
        const end = Date.now() + PATIENCE;
        let last = await ask();
        while (!pattern.test(last) && Date.now() < end) last = await ask();
        t.match(last, pattern, what);
    };
    await becomes(/^200 ok\n$/, 'all is well');
    rmSync(join(sidegate.dir, 'data', 'audit', 'log'));
    await sidegate.logged(/event=data_removed file="?audit\/log"? .*hint=/);
    await becomes(/^503 nothing is begun: .* audit log do not belong together/, '/health says that the log is lost, when audit has begun another');
    await t.fails(agent.call('weather', { station: 'harbour' }), 'no call is begun');

    let from = sidegate.log.length;
    rmSync(join(sidegate.dir, 'data'), { recursive: true });
    await sidegate.logged(/event=data_removed file="?sidegate\.db"? .*hint=/, undefined, from);
    await sidegate.logged(/event=data_removed file="?audit\/log"? .*hint=/, undefined, from);
    await becomes(/^503 the keeper is not there/, '/health says that the store is gone');
    await t.fails(agent.call('weather', { station: 'harbour' }), 'no call is begun');

    // Somebody makes the folder again: an empty store beside these keys is not taken up.
    from = sidegate.log.length;
    mkdirSync(join(sidegate.dir, 'data'), { mode: 0o700 });
    await sidegate.logged(/event=keeper_not_started/, undefined, from);
    from = sidegate.log.length;
    await sidegate.logged(/event=keeper_not_started/, undefined, from);
    await becomes(/^503 the keeper is not there/, 'and it stays so');
}

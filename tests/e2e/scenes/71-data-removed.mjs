import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'data/ removed under a running Sidegate is noticed: the log and /health say so, nothing is begun, and nothing new is made in its place';

export default async function (t) {
    const { sidegate, agent } = await t.cast({ person: null });
    const health = async () => (await fetch(`${sidegate.surfaceUrl}/health`)).status;
    t.equal(await health(), 200, 'all is well');
    rmSync(join(sidegate.dir, 'data'), { recursive: true });
    await sidegate.logged(/event=store_removed .*hint=/);
    await sidegate.logged(/event=audit_log_removed .*hint=/);
    const end = Date.now() + PATIENCE;
    while (await health() !== 503 && Date.now() < end);
    t.equal(await health(), 503, '/health says so');
    await t.fails(agent.call('weather', { station: 'harbour' }), 'no call is begun');

    // Somebody makes the folder again: an empty store beside these keys is not taken up.
    let from = sidegate.log.length;
    mkdirSync(join(sidegate.dir, 'data'), { mode: 0o700 });
    await sidegate.logged(/event=keeper_not_started/, undefined, from);
    from = sidegate.log.length;
    await sidegate.logged(/event=keeper_not_started/, undefined, from);
    t.equal(await health(), 503, 'and it stays so');
}

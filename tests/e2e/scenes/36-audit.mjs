import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { find } from '../../lib/oracle.mjs';

export const name = 'the audit log verifies afterwards, names who did what, and holds no secret; nor does anything else on disk';

export default async function (t) {
    const { key, sidegate, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    await person.give((await agent.link()).url, { 'API key': key });
    await call;
    const running = await sidegate.cli('audit', 'verify');
    t.equal(running.status, 0, `verifies while it runs: ${running.stdout}${running.stderr}`);
    await sidegate.stop();
    const after = await sidegate.cli('audit', 'verify');
    t.equal(after.status, 0, `verifies after the stop: ${after.stdout}${after.stderr}`);
    const files = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? files(join(dir, n)) : [join(dir, n)]));
    for (const file of files(sidegate.dir).filter((f) => !f.includes('/key-') && statSync(f).isFile())) {
        t.equal(find(readFileSync(file), { key }), [], `${file} holds no secret`);
    }
}

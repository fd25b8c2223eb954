import { randomBytes } from 'node:crypto';
import { freePort } from '../../lib/sidegate.mjs';
import { half } from '../pair.mjs';

export const name = 'non-interference: with secrets of another value and length, the agent gets the same bytes';
export const clients = ['sdk 1.x', 'client 2.x pinned'];

export default async function (t, client) {
    const build = process.env.SIDEGATE_BUILD ? `${process.env.SIDEGATE_BUILD}-seed` : 'build-seed'; // made by run.mjs
    const ports = { mirror: await freePort(), gateway: await freePort(), surface: await freePort() };
    const one = await half({ build, ports, kind: client, key: t.secret('short key', `short_${randomBytes(9).toString('hex')}`), password: 'first password' });
    const two = await half({ build, ports, kind: client, key: t.secret('long key', `a_much_longer_key_${randomBytes(60).toString('base64url')}`), password: 'the second, longer password' });
    t.ok(one.length > 5, 'there is something to compare');
    for (let i = 0; i < Math.max(one.length, two.length); i++) t.equal(two[i], one[i], `exchange ${i} is the same`);
}

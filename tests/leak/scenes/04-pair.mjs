import { randomBytes } from 'node:crypto';
import { freePort } from '../../lib/sidegate.mjs';
import { half } from '../pair.mjs';

export const name = 'non-interference: with secrets of another value and length, the agent gets the same bytes';
export const clients = ['sdk 1.x', 'client 2.x pinned'];

export default async function (t, kind) {
    const build = process.env.SIDEGATE_BUILD ?? 'build-seed'; // made by run.mjs, or a planted one, which has the seed too
    const ports = { mirror: await freePort(), gateway: await freePort(), surface: await freePort() };
    const one = await half(t, { build, ports, kind, key: t.secret('short key', `short_${randomBytes(9).toString('hex')}`), password: `pw_${randomBytes(9).toString('hex')}` });
    const two = await half(t, { build, ports, kind, key: t.secret('long key', `a_much_longer_key_${randomBytes(60).toString('base64url')}`), password: `pw_${randomBytes(40).toString('base64url')}` });
    t.ok(one.exchanges.length > 5, 'there is something to compare');
    const longer = one.exchanges.length > two.exchanges.length ? one : two;
    longer.exchanges.forEach((_, i) => t.equal(two.exchanges[i], one.exchanges[i], `exchange ${i} is the same`));
    t.equal(two.stream, one.stream, 'what came on the session\'s own stream is the same');
}

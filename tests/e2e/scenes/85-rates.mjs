import { auditRecords, upstreamConfig } from '../../lib/sidegate.mjs';
import { PATIENCE } from '../../lib/patience.mjs';
import { request } from '../../lib/wire.mjs';

export const name = 'an agent key that floods is answered from what is stored, or told to wait; the log and the store hardly notice; and nobody else does';

export default async function (t) {
    const key = t.secret();
    const station = await t.station({ key });
    const sidegate = await t.sidegate({
        limits: { key_burst: 20, key_rate: 2 },
        upstreams: { weather: upstreamConfig(station.url) },
    });
    const url = sidegate.mcpUrl('weather');
    const [flood, good] = [await sidegate.addKey('ana', 'flood'), await sidegate.addKey('ana', 'good')];
    const since = auditRecords(sidegate.dir).length;

    const lists = [];
    // Within calls_per_client.
    for (let wave = 0; wave < 10; wave++) lists.push(...await Promise.all(Array.from({ length: 30 }, () => request(url, flood, 'tools/list'))));
    t.equal(lists.filter((l) => l.status !== 200 || !l.message.result.tools.some((tool) => tool.name === 'sidegate_connect')).length, 0, 'every list is answered');
    const asked = station.requests.length;
    t.ok(asked < 100, `most of them not by the server: ${asked} of 300`);

    const call = (agent, tool = 'weather') => request(url, agent, 'tools/call', { name: tool, arguments: { station: 'harbour' } });
    for (const tool of ['weather', 'sidegate_status']) {
        const refused = await Promise.all(Array.from({ length: 20 }, () => call(flood, tool)));
        const fast = refused.filter((r) => r.status === 429);
        t.ok(fast.length > 10, `${tool}: most calls are refused: ${refused.map((r) => r.status)}`);
        t.equal(fast[0].headers.get('retry-after'), '1', `${tool}: with a time to wait`);
        t.match(fast[0].message.error.message, /faster than they may.*try again in a second/, `${tool}: and it is said why`);
    }
    t.ok(!/event=call_failed .*error=TOO_FAST/.test(sidegate.log), 'and not logged each time');
    t.equal((await call(good)).message.result.resultType, 'input_required', 'another key of the same person is answered as ever');
    let again;
    for (const end = Date.now() + PATIENCE; Date.now() < end && again?.status !== 200;) again = await call(flood);
    t.equal(again.status, 200, 'the key goes on by itself');

    // What nobody asks the keeper about: a method of the other era, a server that is none.
    const bad = (agent, n) => n % 2 ? request(url, agent, 'ping') : request(sidegate.mcpUrl('none'), agent, 'tools/list');
    const [from, began] = [sidegate.log.length, Date.now()];
    const wrong = [];
    for (let wave = 0; wave < 10; wave++) wrong.push(...await Promise.all(Array.from({ length: 30 }, (_, n) => bad(flood, n))));
    const may = 20 + 2 * (1 + (Date.now() - began) / 1000);
    const told = wrong.filter((r) => r.status === 404).length;
    t.ok(told > 0 && told <= may && wrong.every((r) => r.status === 404 || (r.status === 429 && r.headers.get('retry-after') === '1')),
        `what the gateway refuses by itself has the same rate: ${told} of 300 were told why`);
    t.equal((await bad(good, 0)).status, 404, 'another key is told why');
    const summed = () => [...sidegate.log.slice(from).matchAll(/event=refusals_summed keys=(\d+)/g)].reduce((n, [, keys]) => n + Number(keys), 0);
    for (let at = from; summed() < 300 - told; at = sidegate.log.length) await sidegate.logged(/event=refusals_summed/, PATIENCE, at);
    const lines = sidegate.log.slice(from).match(/event=(call_failed|request_refused)/g).length;
    t.ok(lines <= told + 1, `the log has ${lines} lines of it, and the number of the others`);

    t.equal(await sidegate.stop(), 0, 'it stops');
    const records = auditRecords(sidegate.dir).slice(since);
    t.ok(records.length < 40, `few records came of it: ${records.length}`);
    const sum = (event) => records.filter((r) => r.event === event).reduce((n, r) => n + r.number, 0);
    t.ok(sum('listed') > 0 && sum('listed') + sum('limited') >= 300, `and they say how often: ${sum('listed')} listed, ${sum('limited')} limited`);
    t.equal(records.filter((r) => /^use_/.test(r.event) && !r.connection).length, 0, 'none is of a list');
}

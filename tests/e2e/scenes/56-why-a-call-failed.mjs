import { call, exchange, post } from '../../lib/raw.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';

export const name = 'an operator reads in the log why a call failed, from the gateway to the server, by numbers that the lines share';

const field = (line, key) => new RegExp(` ${key}="?([^ "]*)`).exec(line)?.[1];

export default async function (t) {
    const { sidegate, agent } = await t.cast({
        limits: { hold_time: 20_000 },
        credential: { lease: { kind: 'keep' }, stale: [{ status: 403 }] },
    });
    const down = 'http://127.0.0.1:9/mcp'; // a port below those that anybody here is given
    sidegate.settings.upstreams.down = upstreamConfig(down, { credential: null });
    sidegate.writeConfig();
    await sidegate.restart();
    const raw = (upstream, token, body = call()) => exchange(sidegate.gatewayPort, post(sidegate, upstream, token, body));

    // A server that is not there: the gateway's line and egress's name the same use.
    let from = sidegate.log.length;
    await raw('down', agent.key);
    const failed = await sidegate.logged(/event=call_failed .*error=UPSTREAM_DOWN/, undefined, from);
    t.equal(field(failed, 'upstream'), 'down', 'which server');
    t.equal(field(failed, 'method'), 'tools/call', 'which method');
    const use = field(failed, 'use');
    t.match(use, /^[0-9a-f]{32}$/, 'which use');
    const sent = await sidegate.logged(new RegExp(`event=use_end use="?${use}.*result="unsent"`), undefined, from);
    t.match(sent, /process="egress down"|process="egress/, 'egress says so');
    const judged = await sidegate.logged(new RegExp(`event=use_ended use="?${use}`), undefined, from);
    t.equal(field(judged, 'call'), field(failed, 'call'), 'the keeper\'s line has the call\'s number too');
    t.match(field(judged, 'client'), /^[0-9a-f]{32}$/, 'and the agent key\'s id');

    // A key that nobody gave, a body that is no JSON, a version that nobody speaks.
    from = sidegate.log.length;
    t.equal((await raw('weather', 'sk-nobody')).status, 401, 'an unknown key');
    await sidegate.logged(/process="keeper".*event=token_refused .*error=UNAUTHENTICATED/, undefined, from);
    await sidegate.logged(/process="gateway.*event=call_failed .*error=UNAUTHENTICATED/, undefined, from);
    await raw('weather', agent.key, '{"jsonrpc":');
    await sidegate.logged(/event=call_failed .*error=SYNTAX/, undefined, from);
    await raw('nowhere', agent.key);
    await sidegate.logged(/event=request_refused .*error=NO_ROUTE/, undefined, from);
    t.ok(!sidegate.log.slice(from).includes('sk-nobody'), 'what was shown as a key is not in the log');
    t.noLeak();

}

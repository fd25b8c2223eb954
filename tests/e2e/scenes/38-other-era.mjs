export const name = 'a server of the other era: the client gets the error that lets it fall back, or a clear refusal';

export default async function (t) {
    const open = ['initialize', 'notifications/initialized', 'tools/list', 'server/discover'];
    const legacy = await t.cast({ agent: null, person: null, upstream: { protocols: ['2025-11-25'] }, station: { eras: ['2025-11-25'], open } });
    const auto = await t.agent(legacy.sidegate, { kind: 'client 2.x auto' });
    t.equal(auto.client.getNegotiatedProtocolVersion?.() ?? '2025-11-25', '2025-11-25', 'auto falls back to the legacy era');
    t.ok((await auto.tools()).includes('weather'), 'and works');
    const pinned = await t.agent(legacy.sidegate, { kind: 'client 2.x pinned', connect: false });
    t.match(String(await t.fails(pinned.connect(), 'pinned modern')), /version|negotiat|support/i, 'pinned modern is refused clearly');
    const modern = await t.cast({ agent: null, person: null, upstream: { protocols: ['2026-07-28'] }, station: { eras: ['2026-07-28'] } });
    const v1 = await t.agent(modern.sidegate, { kind: 'sdk 1.x', connect: false });
    t.match(String(await t.fails(v1.connect(), 'a legacy client')), /version|support/i, 'a legacy client is refused clearly');
}

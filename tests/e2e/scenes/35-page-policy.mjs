import { decline } from '../../lib/person.mjs';

export const name = 'every page forbids framing, scripts and third parties by header, is not kept, and names no secret in its address';

export default async function (t) {
    const { sidegate, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.open(`${person.site}/inbox`);
    for (const address of [`${person.site}/login`, url, `${person.site}/inbox`, `${person.site}/connections`, `${person.site}/nowhere`]) {
        const response = await person.context.request.get(address, { maxRedirects: 0 });
        const head = response.headers();
        const csp = head['content-security-policy'] ?? '';
        t.match(csp, /default-src 'none'/, `${address}: nothing by default`);
        t.match(csp, /frame-ancestors 'none'/, `${address}: not framed`);
        t.match(csp, /form-action 'self'|form-action 'none'/, `${address}: forms stay here`);
        t.match(csp, /base-uri 'none'/, `${address}: no base`);
        t.ok(!/unsafe|https?:|\*/.test(csp), `${address}: no exceptions: ${csp}`);
        t.match(head['cache-control'] ?? '', /no-store/, `${address}: not kept`);
        t.equal(head['x-content-type-options'], 'nosniff', `${address}: not guessed`);
        t.match(head['referrer-policy'] ?? '', /no-referrer/, `${address}: no referrer`);
        t.ok(!head.server, `${address}: no software named`);
    }
    const cookies = await person.context.cookies();
    t.ok(cookies.length > 0, 'there are cookies');
    for (const cookie of cookies) {
        t.ok(cookie.httpOnly && cookie.sameSite !== 'None', `cookie ${cookie.name} is out of reach`);
    }
    for (const host of ['evil.example', `127.0.0.1:${sidegate.surfacePort}`]) {
        const response = await person.context.request.get(`${person.site}/login`, { headers: { host }, maxRedirects: 0 });
        t.ok(response.status() >= 400, `Host ${host} is refused: ${response.status()}`);
    }
    await person.open(url);
    await person.press(decline);
    await call;
}

// What is asked of the figures: of which, of what (its value, or its ratio to that), at most or at least how much.
const ONE_WORKER = 'nginx proxy_pass and server in one worker';
const bounds = [
    { of: /^start to first right answer: Sidegate$/, most: 50 },
    { of: /^tools\/call rate, 64 connections: Sidegate$/, to: ONE_WORKER, least: 0.15 },
    { of: /^tools\/call cpu, 64 connections: Sidegate$/, to: ONE_WORKER, most: 8 },
    { of: /^tools\/call p50, 1 connection: Sidegate$/, to: 'before', most: 0.5 },
    { of: /^tools\/call cpu, 1 connection: Sidegate$/, to: 'before', most: 1 / 3 },
    { of: /^JSON (read|write).*: Sidegate$/, to: 'jansson', most: 0.08 },
    { of: /^tools\/call cpu, 64 connections: (beside|with) /, to: 'alone', most: 1.1 },
    { of: /^cpu of a call, in requests through nginx proxy_pass, after /, to: 'before', most: 1.1 },
];

// A line for each figure that is beyond its bound. One that this run does not have is none.
export function missedOf(figures) {
    return bounds.flatMap(({ of, to, most = Infinity, least = 0 }) => figures.filter(({ name }) => of.test(name)).flatMap((f) => {
        const got = to === undefined ? f.value : f.ratios.find((r) => r.to === to)?.ratio;
        return got === undefined || (got <= most && got >= least) ? [] : [`${f.name}: ${got}${to ? ` x ${to}` : ` ${f.unit}`}, where ${most < Infinity ? `${most.toFixed(3)} is the most` : `${least} is the least`}`];
    }));
}

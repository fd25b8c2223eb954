// Where the processor time of some processes goes while something runs, by perf: by process, and by what it is spent on.
import { run } from '../tests/lib/sidegate.mjs';

// The first that any frame of a sample matches. Memory before the rest: guarded pages are made and taken away by system calls.
const kinds = [
    ['guarded memory', /x64_sys_(mprotect|mlock|munlock|madvise|mmap|munmap)|exc_page_fault|sodium_(malloc|free|mprotect)/],
    ['sync of store and audit log', /x64_sys_f(data)?sync/],
    ['files and the log', /x64_sys_(pwrite64|pread64|write|read|ftruncate)\b/],
    ['messages and sockets', /x64_sys_(sendmsg|recvmsg|sendto|recvfrom|writev|connect|close|socket|shutdown)/],
    ['waiting and waking', /x64_sys_(epoll|futex|poll)|schedule/],
    ['other system calls, and interrupts', /kernel.kallsyms/],
    ['SQLite', /libsqlite3/],
    ['libcurl', /libcurl/],
    ['libmicrohttpd', /libmicrohttpd/],
    ['libsodium', /libsodium/],
    ['allocation', /malloc|calloc|cfree|_int_free|unlink_chunk/],
    ['wiping and copying', /mem(set|move|cpy|cmp)|bzero/],
    ['screen', /screen|needle|match/],
    ['JSON', /json/],
];
const other = 'everything else';

// processes: [{ pid, args }]; load: starts what they are to be watched at, and ends with it. Gives a table as text.
export async function profile(processes, file, seconds, load) {
    const pids = processes.map((p) => p.pid).join(',');
    const [recorded] = await Promise.all([run('perf', ['record', '-F', '499', '-g', '-p', pids, '-o', file, '--', 'sleep', String(seconds)]), load()]);
    if (recorded.status !== 0) return `no profile: ${recorded.stderr.trim()}`;
    const { stdout } = await run('perf', ['script', '-i', file, '-F', 'pid,ip,sym,dso'], { time: 300_000 });
    const samples = stdout.split(/\n\n+/).filter((s) => s.trim());
    const names = new Map(processes.map(({ pid, args }) => [String(pid), args.split(' --')[0]]));
    const count = (key) => Object.entries(Object.groupBy(samples, key)).map(([name, list]) => [name, list.length]).sort((a, b) => b[1] - a[1]);
    const lines = (title, rows) => [title, ...rows.map(([name, n]) => `  ${(100 * n / samples.length).toFixed(1).padStart(5)} %  ${name}`)];
    return [
        ...lines(`processor time by process, ${samples.length} samples at 64 connections`, count((s) => names.get(/^\s*(\d+)/.exec(s)?.[1]) ?? 'ended')),
        ...lines('and by what it is spent on', count((s) => kinds.find(([, is]) => is.test(s))?.[0] ?? other)),
    ].join('\n');
}

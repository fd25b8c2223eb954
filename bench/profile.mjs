// Where the processor time of some processes goes while something runs, by perf: by process; by whom it is to be charged to, which is the
// nearest caller beyond the kernel and libc; and what of it is the kernel's, by system call, with who asked for it. Stacks are unwound by the
// tables of each library (dwarf), since Debian's have no frame pointers.
import { basename } from 'node:path';
import { run } from '../tests/lib/sidegate.mjs';

const RATE = 199; // samples a second of each process: each comes with its stack, and perf has to keep up
const STACK = 8192; // bytes of the stack
const LINES = 20; // of a table at most

// What of our own programs a function belongs to: the first that its name matches. A static function's name says nothing of its module, and
// is among everything else.
const ours = [
    ['secrets in memory', /^(sec|slots)_/],
    ['screen', /^(screen|match|escape|forms|parts|names|keys)_|needle/],
    ['JSON', /json/],
    ['messages between processes', /^(chan|msg|wire|tell|send)_/],
    ['loop and sockets', /^(loop|sock)_/],
    ['memory and buffers', /^(mem|buf|slice)_/],
];

// A sample as perf script writes it: { pid, frames: [{ function, file }] }, the innermost first.
function parse(text) {
    const [head, ...lines] = text.split('\n').filter((line) => line.trim());
    const frames = lines.flatMap((line) => {
        const [, name, file] = /^\s*[0-9a-f]+\s+(.*?)\s+\(([^()]*(?:\(deleted\))?[^()]*)\)$/.exec(line) ?? [];
        return file === undefined ? [] : [{ function: name, file: basename(file) }];
    });
    return { pid: Number(/^\s*(\d+)/.exec(head)?.[1]), frames };
}

const isKernel = ({ file }) => /^\[(?!vdso|unknown)/.test(file);
const isLibc = ({ file }) => /^(libc|ld-linux|libpthread|libm)[.-]|^\[vdso\]/.test(file);

// Whom a sample is charged to: a library, or a part of our own programs.
function charged({ frames }) {
    const nearest = frames.find((frame) => !isKernel(frame) && !isLibc(frame));
    if (!nearest || nearest.file === '[unknown]') return frames.every(isKernel) ? 'the kernel alone' : 'not known';
    const library = /^(lib.*?)(-[\d.]+)?\.so/.exec(nearest.file);
    if (library) return library[1];
    return `Sidegate: ${ours.find(([, is]) => is.test(nearest.function))?.[0] ?? 'everything else'}`;
}

// What the kernel did, or undefined.
function inKernel(sample) {
    const kernel = sample.frames.filter(isKernel);
    if (kernel.length === 0) return undefined;
    const call = kernel.map((frame) => /^__(?:x64|arm64)_sys_(\w+)/.exec(frame.function)?.[1]).find(Boolean);
    const what = call ?? (kernel.some((frame) => /page_fault/.test(frame.function)) ? 'page fault' : 'interrupts, and ways in and out');
    return `${what}, for ${charged(sample)}`;
}

const counted = (list) => Object.entries(Object.groupBy(list, (x) => x)).map(([name, same]) => [name, same.length]).sort((a, b) => b[1] - a[1]);

function table(title, rows, all) {
    const rest = rows.slice(LINES).reduce((sum, [, n]) => sum + n, 0);
    const shown = [...rows.slice(0, LINES), ...(rest > 0 ? [['less than each of these', rest]] : [])];
    return [title, ...shown.map(([name, n]) => `  ${(100 * n / all).toFixed(1).padStart(5)} %  ${name}`)];
}

// processes: [{ name, pid }]; load: starts what they are to be watched at, and ends with it. Gives tables as text.
export async function profile(processes, file, seconds, load) {
    const pids = processes.map((p) => p.pid).join(',');
    const record = ['record', '-F', String(RATE), '--call-graph', `dwarf,${STACK}`, '-p', pids, '-o', file, '--', 'sleep', String(seconds)];
    const [recorded] = await Promise.all([run('perf', record, { time: 300_000 }), load()]);
    if (recorded.status !== 0) return `no profile: ${recorded.stderr.trim()}`;
    const { stdout } = await run('perf', ['script', '--no-inline', '-i', file, '-F', 'pid,ip,sym,dso'], { time: 300_000 });
    const samples = stdout.split(/\n\n+/).filter((s) => s.trim()).map(parse);
    const names = new Map(processes.map(({ pid, name }) => [pid, name]));
    const kernel = samples.map(inKernel).filter(Boolean);
    const lost = /lost [^\n]*/i.exec(recorded.stderr)?.[0];
    return [
        ...table(`processor time by process, ${samples.length} samples at 64 connections`, counted(samples.map(({ pid }) => names.get(pid) ?? 'ended')), samples.length),
        ...table('by the nearest caller beyond the kernel and libc', counted(samples.map(charged)), samples.length),
        ...table(`of it in the kernel, ${(100 * kernel.length / samples.length).toFixed(1)} % of all`, counted(kernel), samples.length),
        ...(lost ? [`perf did not keep up: ${lost}`] : []),
    ].join('\n');
}

// The memory of a process as it is now, and what of a secret is in it. Needs root: our processes let nobody else look.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export const canLook = () => process.getuid() === 0;

const PIECE = 4 << 20;
const zero = Buffer.alloc(4096);
const room = Buffer.alloc(PIECE);

// What a process can have put something into: what may be written, and what belongs to no file, also where the process itself has
// forbidden reading (guarded pages are read all the same). [[name, bytes]], some without bytes; whole pages of zeros are left out.
export function* regions(pid) {
    const mem = openSync(`/proc/${pid}/mem`, 'r');
    try {
        for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
            const [, from, to, rights, inode, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$/.exec(line) ?? [];
            if (!from || name.startsWith('[v') || (inode !== '0' && !rights.includes('w'))) continue;
            const end = Number.parseInt(to, 16);
            for (let at = Number.parseInt(from, 16); at < end; at += PIECE) {
                yield [name || `${rights} without a name`, filled(mem, at, Math.min(PIECE, end - at))];
            }
        }
    } finally {
        closeSync(mem);
    }
}

function filled(mem, at, size) {
    let got = 0;
    try { got = readSync(mem, room, 0, size, at); } catch { /* nothing can be read there */ }
    const pages = [];
    for (let i = 0; i < got; i += 4096) {
        const page = room.subarray(i, Math.min(i + 4096, got));
        if (page.compare(zero, 0, page.length) !== 0) pages.push(page);
    }
    return Buffer.concat(pages);
}

// Where any 12 bytes in a row of one of the secrets are: [{ secret, region }]. secrets: { name: value }
// Between the regions what else this process does gets its turn: on a busy machine the search takes longer than others wait.
export async function search(pid, secrets, window = 12) {
    const wanted = Object.entries(secrets).flatMap(([secret, value]) => {
        const bytes = Buffer.from(value);
        const pieces = bytes.length <= window ? [bytes] : Array.from({ length: bytes.length - window + 1 }, (_, i) => bytes.subarray(i, i + window));
        // Base64 and hexadecimal too: what a header or a log line would hold.
        return [...pieces.map((piece) => ({ secret, piece })), { secret, piece: Buffer.from(bytes.toString('hex').slice(0, 24)) },
            { secret, piece: Buffer.from(bytes.toString('base64').slice(0, 16)) }];
    });
    const hits = new Map();
    for (const [region, bytes] of regions(pid)) {
        await new Promise(setImmediate);
        for (const { secret, piece } of wanted) {
            const at = bytes.indexOf(piece);
            if (at >= 0) hits.set(`${secret} ${region}`, { secret, region, near: bytes.subarray(Math.max(0, at - 24), at + piece.length + 24).toString('latin1').replace(/[^\x20-\x7e]/g, '.') });
        }
    }
    return [...hits.values()];
}

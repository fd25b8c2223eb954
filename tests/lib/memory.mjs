// The memory of a process as it is now, and what of a secret is in it. Needs root: our processes let nobody else look.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export const canLook = () => process.getuid() === 0;

// Readable and writable regions: what a process can have put something into. [[name, bytes]]
function* regions(pid) {
    const mem = openSync(`/proc/${pid}/mem`, 'r');
    try {
        for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
            const [, from, to, rights, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
            if (!from || !rights.startsWith('rw')) continue;
            let at = BigInt(`0x${from}`);
            const end = BigInt(`0x${to}`);
            while (at < end) {
                const size = Number(end - at > 4n << 20n ? 4n << 20n : end - at);
                const bytes = Buffer.alloc(size);
                let got = 0;
                try { got = readSync(mem, bytes, 0, size, at); } catch { /* a guard page */ }
                if (got > 0) yield [name, bytes.subarray(0, got)];
                at += BigInt(size);
            }
        }
    } finally {
        closeSync(mem);
    }
}

// Where any 12 bytes in a row of one of the secrets are: [{ secret, region }]. secrets: { name: value }
export function search(pid, secrets, window = 12) {
    const wanted = Object.entries(secrets).flatMap(([secret, value]) => {
        const bytes = Buffer.from(value);
        const pieces = bytes.length <= window ? [bytes] : Array.from({ length: bytes.length - window + 1 }, (_, i) => bytes.subarray(i, i + window));
        // Base64 and hexadecimal too: what a header or a log line would hold.
        return [...pieces.map((piece) => ({ secret, piece })), { secret, piece: Buffer.from(bytes.toString('hex').slice(0, 24)) },
            { secret, piece: Buffer.from(bytes.toString('base64').slice(0, 16)) }];
    });
    const hits = new Map();
    for (const [region, bytes] of regions(pid)) {
        for (const { secret, piece } of wanted) {
            const at = bytes.indexOf(piece);
            if (at >= 0) hits.set(`${secret} ${region}`, { secret, region, near: bytes.subarray(Math.max(0, at - 24), at + piece.length + 24).toString('latin1').replace(/[^\x20-\x7e]/g, '.') });
        }
    }
    return [...hits.values()];
}

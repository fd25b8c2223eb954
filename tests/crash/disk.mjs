// A disk as it is after a power cut, made from what tests/crash/record.c wrote down: all that was synced, and of what was not synced nothing
// (or any part). A removed file is gone at once: whether its folder was synced is not recorded.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// A copy with owners and modes, which Sidegate looks at.
export function copyFolder(from, to) {
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
}

// The records of all processes, by time: [{ at, call, path, offset, bytes }].
export function readRecords(folder) {
    const all = [];
    for (const name of readdirSync(folder).filter((f) => f.startsWith('record.'))) {
        const b = readFileSync(join(folder, name));
        for (let i = 0; i + 23 <= b.length;) {
            const at = b.readBigUInt64LE(i);
            const call = String.fromCharCode(b[i + 8]);
            const n = b.readUInt16LE(i + 9);
            const path = b.toString('latin1', i + 11, i + 11 + n);
            i += 11 + n;
            const offset = Number(b.readBigUInt64LE(i));
            const size = b.readUInt32LE(i + 8);
            all.push({ at, call, path, offset, bytes: b.subarray(i + 12, i + 12 + size) });
            i += 12 + size;
        }
    }
    return all.sort((x, y) => (x.at < y.at ? -1 : x.at > y.at ? 1 : 0));
}

class File {
    #room; // the bytes, and zeros behind them to grow into
    #size;

    constructor(bytes = Buffer.alloc(0)) {
        this.#room = bytes;
        this.#size = bytes.length;
    }

    get bytes() {
        return this.#room.subarray(0, this.#size);
    }

    write(offset, bytes) {
        this.cut(Math.max(this.#size, offset + bytes.length));
        bytes.copy(this.#room, offset);
    }

    cut(size) {
        if (size > this.#room.length) this.#room = Buffer.concat([this.bytes, Buffer.alloc(2 * size - this.#size)]);
        else if (size < this.#size) this.#room.fill(0, size, this.#size);
        this.#size = size;
    }

    apply({ call, offset, bytes }) {
        if (call === 'w') this.write(offset, bytes);
        else if (call === 't') this.cut(offset);
        else if (call === 'o' && offset) this.cut(0);
    }
}

// Writes into `to` what the disk holds when the power goes at time `until`. `start` is the folder as it was before the recording, and
// keep(write) says of each write that was not synced whether it got there all the same.
export function makeDisk({ records, start, from, to, until, keep = () => false }) {
    copyFolder(start, to);
    const files = new Map(); // path -> { synced: File, waiting: [record] }
    const file = (path) => {
        if (!files.has(path)) {
            let bytes;
            try { bytes = Buffer.from(readFileSync(join(to, path.slice(from.length)))); } catch { /* it is new */ }
            files.set(path, { synced: new File(bytes), there: bytes !== undefined, waiting: [] });
        }
        return files.get(path);
    };
    for (const r of records) {
        if (r.at >= until) break;
        const f = file(r.path);
        if (r.call === 's') {
            for (const w of f.waiting.splice(0)) f.synced.apply(w);
            f.there = true;
        } else if (r.call === 'u') {
            f.there = false;
            f.synced = new File();
            f.waiting = [];
        } else {
            f.waiting.push(r);
        }
    }
    for (const [path, f] of files) {
        const place = join(to, path.slice(from.length));
        for (const w of f.waiting) {
            if (!keep(w)) continue;
            f.synced.apply(w);
            f.there = true;
        }
        mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
        if (f.there) writeFileSync(place, f.synced.bytes, { mode: 0o600 });
        else rmSync(place, { force: true });
    }
}

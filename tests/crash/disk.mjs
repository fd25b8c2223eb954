// A disk as it is after a power cut, made from what tests/crash/record.c wrote down: all that was synced, and of what was not synced nothing
// (or any part, the last of it torn). A file's bytes are there once the file was synced; that it is made or removed, once its folder was.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
    waiting = []; // changes that are not synced yet

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

    // The first n bytes of a write; any other change when n is not 0.
    apply({ call, offset, bytes }, n = Infinity) {
        if (n === 0) return;
        if (call === 'w') this.write(offset, bytes.subarray(0, n));
        else if (call === 't') this.cut(offset);
        else if (call === 'o') this.cut(0);
    }
}

// A folder's names and the files behind them, as the running system sees them and as they are on the disk.
class Disk {
    now = new Map(); // path -> File
    safe = new Map();
    names = []; // changes of names whose folder is not synced yet: { path, file? }

    constructor(from, to) {
        Object.assign(this, { from, to, looked: new Set(), folders: new Set() });
    }

    place(path) {
        return join(this.to, path.slice(this.from.length));
    }

    // The file of that name; of one that was there before the recording, with its bytes.
    file(path) {
        if (this.folders.has(path) || this.looked.has(path)) return this.now.get(path);
        const stat = statSync(this.place(path), { throwIfNoEntry: false });
        if (stat?.isDirectory()) {
            this.folders.add(path);
            return undefined;
        }
        this.looked.add(path);
        if (!stat) return undefined;
        const file = new File(readFileSync(this.place(path)));
        this.now.set(path, file);
        this.safe.set(path, file);
        return file;
    }

    settle({ path, file }) {
        if (file) this.safe.set(path, file);
        else this.safe.delete(path);
    }

    does(r) {
        const path = r.path.replace(/\/+$/, '');
        let file = this.file(path);
        if (r.call === 's' && !file) {
            for (const n of this.names.filter((x) => dirname(x.path) === path)) this.settle(n);
            this.names = this.names.filter((x) => dirname(x.path) !== path);
        } else if (r.call === 's') {
            for (const w of file.waiting.splice(0)) file.apply(w);
        } else if (r.call === 'u') {
            this.now.delete(path);
            this.names.push({ path });
        } else if (r.call === 'o' && !file) {
            file = new File();
            this.now.set(path, file);
            this.names.push({ path, file });
        } else if (r.call !== 'o' || r.offset) {
            file.waiting.push(r);
        }
    }
}

// How many bytes of a write that was not synced got there: all, none, or, torn, some whole sectors (of a short one some bytes).
export function anyPart({ bytes }) {
    if (Math.random() < 0.5) return 0;
    if (Math.random() < 0.75) return Infinity;
    const sector = bytes.length > 512 ? 512 : 1;
    return sector * Math.floor(Math.random() * (bytes.length / sector));
}

// Writes into `to` what the disk holds when the power goes at time `until`. `start` is the folder as it was before the recording, and
// keep(change) says of each change that was not synced how much of it got there all the same.
export function makeDisk({ records, start, from, to, until, keep = () => 0 }) {
    copyFolder(start, to);
    const disk = new Disk(from, to);
    for (const r of records) {
        if (r.at >= until) break;
        disk.does(r);
    }
    for (const n of disk.names) if (keep({ bytes: Buffer.alloc(0) }) > 0) disk.settle(n);
    for (const path of disk.looked) {
        const file = disk.safe.get(path);
        for (const w of file?.waiting.splice(0) ?? []) file.apply(w, keep(w));
        if (file) writeFileSync(disk.place(path), file.bytes, { mode: 0o600 });
        else rmSync(disk.place(path), { force: true });
    }
}

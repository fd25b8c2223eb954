// What the programs of this folder print: "ok - ..." and "not ok - ..." lines, and at the end "N passed, N failed".
let passed = 0;
let failed = 0;

export function check(name, wrongs) {
    const list = [wrongs].flat().filter((w) => w !== undefined && w !== true && w !== '');
    const good = wrongs === true || (Array.isArray(wrongs) && list.length === 0);
    if (good) passed++;
    else failed++;
    console.log(`${good ? 'ok' : 'not ok'} - ${name}`);
    for (const w of list.slice(0, 12)) console.log(`# ${typeof w === 'string' ? w : JSON.stringify(w)}`);
    if (list.length > 12) console.log(`# and ${list.length - 12} more`);
    return good;
}

export function note(text) {
    console.log(`# ${text}`);
}

export function end() {
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

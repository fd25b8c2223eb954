// Makes mutants of a C file: the same text with one small thing wrong inside a function. It knows the layout that tools/check-format holds, and no
// more of the language: what does not compile is not counted by who asks.

// The text with comments blank and strings as words, each of the same length: what is in them is no code. So is BUG_IF, which never holds.
function codeOf(text) {
    const blank = (s) => s.replace(/[^\n]/g, ' ');
    return text.replace(/\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^#.*/gm, (s) => (/^['"]/.test(s) ? s.replace(/[^\n]/g, '_') : blank(s)))
        .replace(/\bBUG_IF\([^;]*\);/g, blank);
}

// Each function: { name, bool, from, to } of its body.
function functionsOf(code) {
    return [...code.matchAll(/^(\w[^;{}=]*?\b(\w+)\([^;{}]*\))\n\{\n[^]*?^\}/gm)]
        .map((m) => ({ name: m[2], bool: /\bbool \w+\($/.test(m[1].slice(0, m[1].indexOf('(') + 1)), from: m.index + m[1].length, to: m.index + m[0].length }));
}

// Where the bracket that is open at this place is closed; or the first of these characters outside brackets.
function endOf(code, at, what = ')') {
    for (let depth = 0; at < code.length; at++) {
        if (depth === 0 && code[at] === what) return at;
        if ('([{'.includes(code[at])) depth++;
        else if (')]}'.includes(code[at])) depth--;
    }
    return code.length;
}

const others = {
    '==': '!=', '!=': '==', '<': '<=', '<=': '<', '>': '>=', '>=': '>', '&&': '||', '||': '&&', '+': '-', '-': '+', '+=': '-=', '-=': '+=', '&': '|', '|': '&',
};
const returned = (value) => ({ true: 'false', false: 'true', ERR_OK: 'ERR_AGAIN' })[value] ?? 'ERR_OK';

// What is never deleted: it is no promise (a log line), or is LeakSanitizer's to notice.
const kept = /^(?:log_event|(?!sec_)\w+_free)\(/;

// Each kind: where it applies in code, and what then takes the place of a piece of the text: { from, to, put }.
const kinds = [
    // another operator
    [/(?<= )(==|!=|<=?|>=?|&&|\|\||\+=?|-=?|&|\|)(?= |\n)/g, (m) => [{ from: m.index, to: m.index + m[0].length, put: others[m[0]] }]],
    // a negation dropped
    [/!(?=[\w(*])/g, (m) => [{ from: m.index, to: m.index + 1, put: '' }]],
    // a condition that always holds, or never; a loop only never
    [/\b(if|while) \(/g, (m, { code, text }) => {
        const from = m.index + m[0].length, to = endOf(code, from), was = text.slice(from, to);
        if (kept.test(code.slice(to + 1).trimStart())) return [];
        return [`false && (${was})`, ...(m[1] === 'if' ? [`true || (${was})`] : [])].map((put) => ({ from, to, put }));
    }],
    // a call or an assignment left out
    [/(?<=[;{}):]\n+ +|\belse\n +|\n\n +)(?:IGNORE\(|\(void\))?\*?[\w.>[\]-]+(?:\(|\+\+|--| [-+|&^]?= )/g, (m, { code, text }) => {
        const from = m.index, to = endOf(code, from, ';') + 1;
        return kept.test(m[0]) || /^(if|for|while|switch|return)\b/.test(m[0]) ? [] : [{ from, to, put: `;${text.slice(from, to).replace(/[^\n]/g, '')}` }];
    }],
    // one more
    [/(?<![\w.])\d+(?![\w.])/g, (m) => [{ from: m.index, to: m.index + m[0].length, put: String(Number(m[0]) + 1) }]],
    // another answer
    [/\breturn ([^;]+);/g, (m, { text, bool }) => {
        const from = m.index + 'return '.length, to = m.index + m[0].length - 1;
        if (/^(true|false|e|ERR_\w+)$/.test(m[1])) return [{ from, to, put: returned(m[1]) }];
        return bool ? [{ from, to, put: `!(${text.slice(from, to)})` }] : [];
    }],
];

// All mutants of a file: { file, name, line, was, is, put(): the whole text }, where was and is are the first line that differs.
export function mutantsOf(file, text) {
    const code = codeOf(text);
    const lineAt = (t, at) => t.slice(t.lastIndexOf('\n', at - 1) + 1, t.indexOf('\n', at)).trim();
    return functionsOf(code).flatMap(({ name, bool, from, to }) => kinds.flatMap(([where, edits]) =>
        [...code.slice(0, to).matchAll(where)].filter((m) => m.index > from).flatMap((m) => edits(m, { code, text, bool })).map((edit) => {
            const put = () => text.slice(0, edit.from) + edit.put + text.slice(edit.to);
            return { file, name, line: text.slice(0, edit.from).split('\n').length, was: lineAt(text, edit.from), is: lineAt(put(), edit.from), put };
        })));
}

/** How generated lines are laid out, so that Biome has nothing to change. */

const LINE_COLUMNS = 120

/** `open` items `close` on one line where they fit, an item a line where they do not. */
export function listLines(open: string, items: readonly string[], close: string, space = ''): string[] {
  const line = `${open}${space}${items.join(', ')}${space}${close}`
  return line.length <= LINE_COLUMNS ? [line] : [open, ...items.map((item) => `  ${item},`), close]
}

/** A getter that returns an expression, after the statements in `before`. */
export function getter(name: string, type: string, value: string, before: readonly string[] = []): string[] {
  return ['', `  get ${name}(): ${type} {`, ...before, `    return ${value}`, '  }']
}

/** Doc comment lines for `text`, wrapped to 120 columns at the given indent; nothing for no text. */
export function docComment(text: string | undefined, indent = ''): string[] {
  if (text === undefined) return []
  const lines = wrapText(text, LINE_COLUMNS - 7 - indent.length)
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`]
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`]
}

function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.replaceAll('*/', '*\u200b/').split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

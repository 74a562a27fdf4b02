import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { readConfig, shownSettings } from '../../platform/config.ts'
import { alertingRules } from './rule-files.ts'

const TEXT = readFileSync('docs/runbook.md', 'utf8')
const HEADINGS = [...TEXT.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '')
const COMMAND_LINES = [...TEXT.matchAll(/^(?:SLUICE_\w+=\S+ )?npx sluice (.+)$/gm)].map((match) => match[1] ?? '')

/** Commands that have commands of their own. */
const GROUPS: ReadonlySet<string> = new Set(['dlq', 'archive', 'hooks', 'mask-keys'])

/** `dlq list --limit 20` is the command `dlq list` and the option `--limit`. */
function parse(line: string): { readonly command: string; readonly options: readonly string[] } {
  const words = line.split(' ')
  const command = words.filter((word) => /^[a-z]+(?:-[a-z]+)?$/.test(word)).slice(0, GROUPS.has(words[0] ?? '') ? 2 : 1)
  return { command: command.join(' '), options: words.filter((word) => word.startsWith('--')) }
}

test('runbook: every alert has a chapter, names it, and comes with something to do', () => {
  for (const { alert, annotations } of alertingRules()) {
    expect(HEADINGS, alert).toContain(alert)
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
    const chapter = TEXT.split(`## ${alert}\n`)[1]?.split('\n## ')[0] ?? ''
    expect(chapter, alert).toMatch(/```sh\n[\s\S]+\n```/)
  }
})

/** The command as the program builds it. */
async function commandNamed(words: string): Promise<Command | undefined> {
  const [name = '', nested] = words.split(' ')
  const built = (await import(`../../bin/commands/${name}.ts`)) as Record<string, () => Command>
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const command = built[`${camel}Command`]?.()
  return nested === undefined ? command : command?.commands.find((one) => one.name() === nested)
}

test('runbook: every command and option that it prints exists', { timeout: 60_000 }, async () => {
  const uses = COMMAND_LINES.map(parse)
  expect(uses.length).toBeGreaterThan(15)
  for (const { command, options } of uses) {
    const known = (await commandNamed(command))?.options.map(({ long }) => long)
    expect(known, command).toBeDefined()
    for (const option of options) expect(known, command).toContain(option)
  }
})

test('runbook: every setting that it names exists', () => {
  const named = new Set(TEXT.match(/SLUICE_[A-Z_]+/g))
  const settings = shownSettings(readConfig({})).map(({ variable }) => variable)
  expect(named.size).toBeGreaterThan(3)
  for (const setting of named) expect(settings).toContain(setting)
})

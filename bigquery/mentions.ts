/** How one dialect asks RE2 about a text; `pattern` and `by` are expressions of SQL. */
export interface PatternWords {
  matches(text: string, pattern: string): string
  /** Each match replaced; what the pattern's first and second group held stands before and behind it. */
  replaced(text: string, pattern: string, by: string): string
}

/** What an id of an account may consist of (SPEC R1). */
const ID = 'A-Za-z0-9._:-'
/**
 * What of it a sentence begins and ends with as well. At the edge of a word it is the sentence's: "acc-1." and "acc-1: stolen" mention acc-1,
 * though somebody could be called `acc-1.`; within one it is the id's, and "acc-1.2" mentions somebody else.
 */
const EDGE = '[.:-]*'
const BEFORE = `((?:^|[^${ID}])${EDGE})`
const BEHIND = `(${EDGE}(?:[^${ID}]|$))`

/** The same of a text that is not in the archive yet. */
export function isMentioned(account: string, text: string): boolean {
  return new RegExp(`${BEFORE}${account.replaceAll('.', '[.]')}${BEHIND}`).test(text)
}

/** A pattern of RE2, which has no look-around, so that the neighbours are in it. A full stop alone has a meaning in patterns of what ids consist of. */
function mentionOf(account: string): string {
  return `'${BEFORE}' || replace(${account}, '.', '[.]') || '${BEHIND}'`
}

/** A predicate that a text holds which mentions an account: as a whole word, not as a part of another's id. */
export function mentions({ matches }: PatternWords, text: string, account: string): string {
  return matches(text, mentionOf(account))
}

/** A text in which `by` stands in the place of each mention of an account. */
export function withoutMentions({ replaced }: PatternWords, text: string, account: string, by: string): string {
  const pattern = mentionOf(account)
  // Of two that share the character between them the first pass takes one: it is a neighbour of both.
  return replaced(replaced(text, pattern, by), pattern, by)
}

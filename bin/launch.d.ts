/** Options for Node, before the program's name. */
export declare function nodeOptions(): string[]

export function ownNames(): RegExp;
export function saidAsStrings(): string[];
export function takenNames(): Set<string>;

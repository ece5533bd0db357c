export function ownNames(): RegExp;
export function takenNames(): Set<string>;

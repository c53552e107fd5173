/** What a model wrote. */
export function Markdown({ text }: { text: string; isOpen: boolean }) {
  return (
    <div class="markdown" dir="auto">
      {text}
    </div>
  );
}

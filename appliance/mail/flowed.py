"""Lines that were wrapped for the journey are joined again (RFC 3676, format=flowed)."""


def unfold(text: str, delete_space: bool) -> str:
    """Join soft line breaks within the same quote depth; `delete_space` is the DelSp=yes parameter."""
    lines: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        this_depth, content = _split_quotes(line)
        if paragraph and (this_depth != depth or content == "-- "):
            lines.append(_join(paragraph, depth))
            paragraph = []
        depth = this_depth
        soft = content.endswith(" ") and content != "-- "
        paragraph.append(content[:-1] if soft and delete_space else content)
        if not soft:
            lines.append(_join(paragraph, depth))
            paragraph = []
    if paragraph:
        lines.append(_join(paragraph, depth))
    return "\n".join(lines)


def _split_quotes(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    return len(line) - len(content), content.removeprefix(" ")


def _join(paragraph: list[str], depth: int) -> str:
    text = "".join(paragraph)
    return f"{'>' * depth} {text}" if depth else text

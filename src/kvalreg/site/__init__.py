"""From accepted pages to a website: the pages around them, the staged Quarto project, and the two renderers."""

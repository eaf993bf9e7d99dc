"""From last good pages to a website: the site's own pages and files, the staged Quarto project, the two renderers."""

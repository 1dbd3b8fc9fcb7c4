"""Photos for identity documents: crop to an authority's rules, measure, check, print."""

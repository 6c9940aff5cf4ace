"""The shell that all pages share: guards, form base, error pages, filters, headers, assets."""

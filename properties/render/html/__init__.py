"""Pages that need nothing beside them: one file each, without network, fonts or scripts from elsewhere. No torch."""

from properties.render.html.report import report_page as report_page

"""Pages that need nothing beside them: one file each, without network, fonts or scripts from elsewhere. No torch."""

from properties.html.report_page import report_page as report_page

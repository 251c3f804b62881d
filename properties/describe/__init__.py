"""A net layer by layer, as records and as text. Its pictures and pages are in ``properties.describe.drawing``.

>>> from properties.describe import describe
>>> describe("resnet18").layers[0].formula
('floor((224 - 7 + 2*3)/2) + 1 = 112',)
"""

from properties.describe.description import Description as Description
from properties.describe.description import Layer as Layer
from properties.describe.description import Shortcut as Shortcut
from properties.describe.description import Totals as Totals
from properties.describe.description import describe as describe
from properties.describe.description import styled_lines as styled_lines
from properties.describe.description import text as text

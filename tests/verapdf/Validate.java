import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Reads PDF files and prints one line for each rule of PDF/UA-1 that one of them breaks; nothing for a clean one. */
public class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            try (var parser = Foundries.defaultInstance().createParser(new FileInputStream(file), PDFAFlavour.PDFUA_1)) {
                var found = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFUA_1, false).validate(parser);
                found.getTestAssertions().stream()
                    .filter(a -> a.getStatus() == TestAssertion.Status.FAILED)
                    .map(a -> file + ": " + a.getRuleId().getClause() + " " + a.getMessage())
                    .distinct()
                    .forEach(System.out::println);
            }
        }
    }
}
